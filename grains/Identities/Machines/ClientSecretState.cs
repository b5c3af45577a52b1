using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities.Machines;

/// <summary>A client secret as it is stored, always together with the identity's own row, which names it.</summary>
internal sealed record ClientSecretState : IIndexedState
{
    public required string IdentityId { get; init; }

    /// <summary>SHA-256 of the whole secret.</summary>
    public required byte[] Hash { get; init; }

    public string? Description { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required PrincipalRef CreatedBy { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public long? MaxUses { get; init; }

    public StateIndex ToIndex() => new(Parent: IdentityId);

    public bool IsExpired(DateTimeOffset now) => ExpiresAt <= now;

    /// <summary>What entries record of the secret.</summary>
    public object ToRecord(string id) => new { Id = id, Description, ExpiresAt, MaxUses };

    public ClientSecretView ToView(string id, Observation? logins) =>
        new(id, Description, CreatedAt, CreatedBy, ExpiresAt, MaxUses, logins?.Count ?? 0, logins?.LastAt);
}
