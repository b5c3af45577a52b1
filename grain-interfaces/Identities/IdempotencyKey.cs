namespace CodeSigning.Identities;

/// <summary>Lets a client ask again without doing twice what it asked.</summary>
/// <param name="Scope">The call and the resource it is made on.</param>
/// <param name="Key">The client's <c>Idempotency-Key</c>: 1 to 128 visible characters.</param>
/// <param name="RequestHash">Lower-case hex SHA-256 of what was asked.</param>
[GenerateSerializer, Immutable, Alias("codesigning.IdempotencyKey")]
public sealed record IdempotencyKey(
    [property: Id(0)] string Scope, [property: Id(1)] string Key, [property: Id(2)] string RequestHash);
