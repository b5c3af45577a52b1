using System.Collections.Immutable;
using CodeSigning.Contract;

namespace CodeSigning.Identities;

/// <summary>
/// Who asks, as the gateway authenticated it, and on what that rests. Every decision that is made for the caller names
/// the versions in <see cref="Basis"/>, so a caller that was disabled or signed out meanwhile is refused at the commit,
/// however old the copy was that the gateway looked at.
/// </summary>
/// <param name="Kind">A person, a machine identity, or the system.</param>
/// <param name="Id">The principal's id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Role">Its role in the product.</param>
/// <param name="Basis">The versions of the principal, its session, and its client secret.</param>
/// <param name="Until">When the token ends (UTC); null for the system.</param>
/// <param name="Address">The address that the request came from, as the gateway saw it.</param>
/// <param name="SessionId">The session of the token; null for the system.</param>
/// <param name="Retry">The idempotency key of the request, where it bore one.</param>
[GenerateSerializer, Immutable, Alias("codesigning.Caller")]
public sealed record Caller(
    [property: Id(0)] PrincipalKind Kind,
    [property: Id(1)] string Id,
    [property: Id(2)] string Name,
    [property: Id(3)] ProductRole Role,
    [property: Id(4)] ImmutableArray<StateVersion> Basis,
    [property: Id(5)] DateTimeOffset? Until,
    [property: Id(6)] string? Address,
    [property: Id(7)] string? SessionId,
    [property: Id(8)] IdempotencyKey? Retry = null)
{
    /// <summary>The service itself.</summary>
    public static Caller System { get; } =
        new(PrincipalKind.System, "system", "system", ProductRole.Admin, [], null, null, null);

    /// <summary>Somebody who does not ask now and whose rights are looked at: no more than a member of the product.</summary>
    public static Caller Standing(PrincipalRef principal, string name) =>
        new(principal.Kind, principal.Id, name, ProductRole.Member, [], null, null, null);

    /// <summary>The caller as a reference.</summary>
    public PrincipalRef ToRef() => new(Kind, Id);

    /// <summary>The caller as the ledger names it.</summary>
    public Actor ToActor() => new(Kind, Id, Name);
}

/// <summary>Lets a client ask again without doing twice what it asked.</summary>
/// <param name="Scope">The call and the resource it is made on.</param>
/// <param name="Key">The client's <c>Idempotency-Key</c>: 1 to 128 visible characters.</param>
/// <param name="RequestHash">Lower-case hex SHA-256 of what was asked.</param>
[GenerateSerializer, Immutable, Alias("codesigning.IdempotencyKey")]
public sealed record IdempotencyKey(
    [property: Id(0)] string Scope, [property: Id(1)] string Key, [property: Id(2)] string RequestHash);
