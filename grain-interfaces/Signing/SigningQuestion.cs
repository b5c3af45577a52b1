namespace CodeSigning.Signing;

/// <summary>The facts of a signing request that authorization depends on.</summary>
/// <param name="Algorithm">The signature scheme.</param>
/// <param name="Digest">The digest that will be signed, lower-case hex with its hash: <c>sha256:…</c>.</param>
/// <param name="Address">The client's address, as the server saw it.</param>
/// <param name="Hostname">The host name that the client asserts.</param>
/// <param name="Tool">The tool name that the client asserts.</param>
/// <param name="StoreTime">
/// The database's time (UTC), if it has passed a limit that the node's clock has not reached.
/// </param>
[GenerateSerializer, Immutable, Alias("codesigning.SigningQuestion")]
public sealed record SigningQuestion(
    [property: Id(0)] SigningAlgorithm Algorithm,
    [property: Id(1)] string Digest,
    [property: Id(2)] string? Address,
    [property: Id(3)] string? Hostname,
    [property: Id(4)] string? Tool,
    [property: Id(5)] DateTimeOffset? StoreTime = null)
{
    /// <summary>The later of the node's clock and the database's.</summary>
    public DateTimeOffset Now(TimeProvider time)
    {
        var now = time.GetUtcNow();
        return StoreTime > now ? StoreTime.Value : now;
    }
}
