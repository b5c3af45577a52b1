using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Identities.Logins.Oidc;

/// <summary>A CI's token that was logged in with: by which identity, and from where the first time.</summary>
internal sealed record SeenTokenState : IIndexedState
{
    public required string IdentityId { get; init; }

    public required string Network { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public StateIndex ToIndex() => new(Until: ExpiresAt);
}
