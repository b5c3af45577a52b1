using CodeSigning.Grains.States;
using CodeSigning.Grants;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Grants;

/// <summary>A stored grant. Its uses are not here: the ledger counts them.</summary>
public sealed record GrantState : IIndexedState
{
    /// <summary>The grant's id.</summary>
    public string Id { get; init; } = "";

    /// <summary>The signer's id.</summary>
    public string SignerId { get; init; } = "";

    /// <summary>Who may use it.</summary>
    public PrincipalRef Grantee { get; init; } = new(PrincipalKind.System, "");

    /// <summary>The SHA-256 thumbprint of the only certificate that it is valid for.</summary>
    public string CertificateThumbprint { get; init; } = "";

    /// <summary>The signer's generation at its creation; an emergency stop ends all grants of a generation.</summary>
    public long SignerGeneration { get; init; }

    /// <summary>The start of the window (UTC).</summary>
    public DateTimeOffset WindowStart { get; init; }

    /// <summary>The end of the window (UTC), exclusive.</summary>
    public DateTimeOffset? WindowEnd { get; init; }

    /// <summary>The total number of signatures.</summary>
    public long? MaxSignings { get; init; }

    /// <summary>What it covers.</summary>
    public GrantScope? Scope { get; init; }

    /// <summary>The request that it results from.</summary>
    public string? RequestId { get; init; }

    /// <summary>The requester's justification.</summary>
    public string Justification { get; init; } = "";

    /// <summary>When it was created (UTC).</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who created it.</summary>
    public PrincipalRef CreatedBy { get; init; } = new(PrincipalKind.System, "");

    /// <summary>Its revocation; null if not revoked.</summary>
    public GrantRevocation? Revocation { get; init; }

    /// <summary>Whether the ledger was seen to contain all its uses, so that lists need not count.</summary>
    public bool IsKnownExhausted { get; init; }

    /// <summary>
    /// Whether it has a sealed use count (<see cref="UseCountState"/>); if that is missing, it was deleted outside the
    /// service. Grants of earlier releases get theirs at the next start.
    /// </summary>
    public bool IsCounted { get; init; }

    /// <summary>The writes that create it.</summary>
    public StateWrite[] Give() =>
        [StateWrite.New(StateTypes.Grant, Id, this with { IsCounted = true }), UseCountState.Begin(Id)];

    /// <summary>The part of the grant that ledger entries record.</summary>
    public object ToRecord() => new
    {
        Id,
        SignerId,
        Grantee,
        Status = ToIndex().Status,
        WindowStart,
        WindowEnd,
        MaxSignings,
        Scope,
        RequestId,
        Justification,
        CertificateThumbprint,
        Revocation?.Reason,
    };

    /// <summary>The revoked state; an earlier revocation is kept.</summary>
    public GrantState Revoke(PrincipalRef by, string reason, DateTimeOffset at) =>
        Revocation is null ? this with { Revocation = new GrantRevocation(by, reason, at) } : this;

    /// <inheritdoc/>
    public StateIndex ToIndex() => new(
        Parent: SignerId,
        Status: Revocation is not null ? "revoked" : IsKnownExhausted ? "exhausted" : "active",
        Until: WindowEnd,
        Links: [Grantee.ToLink()]);
}

/// <summary>The revocation of a grant.</summary>
/// <param name="By">The principal that revoked it.</param>
/// <param name="Reason">The reason.</param>
/// <param name="At">When (UTC).</param>
public sealed record GrantRevocation(
    PrincipalRef By, string Reason, DateTimeOffset At);
