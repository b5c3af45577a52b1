using System.Collections.Immutable;
using CodeSigning.Contract;

namespace CodeSigning.Identities;

/// <summary>
/// The authenticated caller and the read set of its authentication. Every decision for the caller includes <see
/// cref="ReadSet"/>, so the commit refuses a caller that was disabled or signed out meanwhile, even if the gateway's
/// copy was stale.
/// </summary>
/// <param name="Kind">A person, a machine identity, or the system.</param>
/// <param name="Id">The principal's id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Role">Its role in the product.</param>
/// <param name="ReadSet">The versions of the principal, its session, and its client secret.</param>
/// <param name="Until">When the token expires (UTC); null for the system.</param>
/// <param name="Address">The client's address, as the gateway saw it.</param>
/// <param name="SessionId">The token's session; null for the system.</param>
/// <param name="Retry">The request's idempotency key, if it has one.</param>
/// <param name="SecondFactorAt">When the caller last proved a second factor in the session (UTC); null if it did not.</param>
/// <param name="Obligation">What the person must do before anything else; null for nothing.</param>
[GenerateSerializer, Immutable, Alias("codesigning.Caller")]
public sealed record Caller(
    [property: Id(0)] PrincipalKind Kind,
    [property: Id(1)] string Id,
    [property: Id(2)] string Name,
    [property: Id(3)] ProductRole Role,
    [property: Id(4)] ImmutableArray<StateVersion> ReadSet,
    [property: Id(5)] DateTimeOffset? Until,
    [property: Id(6)] string? Address,
    [property: Id(7)] string? SessionId,
    [property: Id(8)] IdempotencyKey? Retry = null,
    [property: Id(9)] DateTimeOffset? SecondFactorAt = null,
    [property: Id(10)] CallerObligation? Obligation = null)
{
    /// <summary>The service itself.</summary>
    public static Caller System { get; } =
        new(PrincipalKind.System, "system", "system", ProductRole.Admin, [], null, null, null);

    /// <summary>A principal whose rights are evaluated without a request of its own; only ever a product member.</summary>
    public static Caller Standing(PrincipalRef principal, string name) =>
        new(principal.Kind, principal.Id, name, ProductRole.Member, [], null, null, null);

    /// <summary>The caller as a reference.</summary>
    public PrincipalRef ToRef() => new(Kind, Id);

    /// <summary>The caller as recorded in the ledger.</summary>
    public Actor ToActor() => new(Kind, Id, Name);
}

/// <summary>What a person must do before anything else. Written in camelCase.</summary>
public enum CallerObligation
{
    /// <summary>Enrol a second factor.</summary>
    EnrolSecondFactor = 1,

    /// <summary>Change the password, which was set by another.</summary>
    ChangePassword = 2,
}

/// <summary>Lets a client retry without repeating the operation.</summary>
/// <param name="Scope">The operation and the resource.</param>
/// <param name="Key">The client's <c>Idempotency-Key</c>: 1 to 128 visible characters.</param>
/// <param name="RequestHash">Lower-case hex SHA-256 of the request.</param>
[GenerateSerializer, Immutable, Alias("codesigning.IdempotencyKey")]
public sealed record IdempotencyKey(
    [property: Id(0)] string Scope, [property: Id(1)] string Key, [property: Id(2)] string RequestHash);
