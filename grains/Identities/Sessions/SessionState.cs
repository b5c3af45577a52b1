using System.Globalization;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities.Sessions;

/// <summary>
/// A session as it is stored. No grain holds it: it is written once, read when its token is first seen on a node, and
/// deleted, and nothing about it needs a turn.
/// </summary>
internal sealed record SessionState : IIndexedState
{
    public required PrincipalRef Principal { get; init; }

    /// <summary>The principal's generation of sessions that it belongs to; it has ended with its generation.</summary>
    public required long Generation { get; init; }

    /// <summary>SHA-256 of the token.</summary>
    public required byte[] TokenHash { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public string? Address { get; init; }

    public string? UserAgent { get; init; }

    /// <summary>The client secret that it was begun with; it ends with it.</summary>
    public string? SecretId { get; init; }

    /// <summary>The generation of the identity's OIDC binding that it was begun under; it ends with it.</summary>
    public long? BindingGeneration { get; init; }

    /// <summary>The subject of the CI's token that it was begun with.</summary>
    public string? Subject { get; init; }

    /// <summary>Lists ask for the sessions of a principal's present generation: that is what it belongs to.</summary>
    public static string ParentOf(string principalId, long generation) =>
        string.Create(CultureInfo.InvariantCulture, $"{principalId}/{generation}");

    public StateIndex ToIndex() =>
        new(Parent: ParentOf(Principal.Id, Generation), Until: ExpiresAt, Links: [Principal.ToLink()]);

    public SessionView ToView(string id, string? currentId) =>
        new(id, CreatedAt, ExpiresAt, id == currentId, Address, UserAgent, SecretId, Subject);
}
