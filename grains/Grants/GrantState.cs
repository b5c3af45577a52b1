using CodeSigning.Grains.States;
using CodeSigning.Grants;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Grants;

/// <summary>A grant as it is stored. How much of it is used is not here: the ledger counts.</summary>
public sealed record GrantState : IIndexedState
{
    /// <summary>The grant's id.</summary>
    public string Id { get; init; } = "";

    /// <summary>The signer that it is for.</summary>
    public string SignerId { get; init; } = "";

    /// <summary>Who may use it.</summary>
    public PrincipalRef Grantee { get; init; } = new(PrincipalKind.System, "");

    /// <summary>The certificate that it was given for (SHA-256 thumbprint); it serves no other.</summary>
    public string CertificateThumbprint { get; init; } = "";

    /// <summary>The signer's generation when it was given; a stop ends all grants of one.</summary>
    public long SignerGeneration { get; init; }

    /// <summary>From when (UTC).</summary>
    public DateTimeOffset WindowStart { get; init; }

    /// <summary>Until when (UTC), this moment not included.</summary>
    public DateTimeOffset? WindowEnd { get; init; }

    /// <summary>How many signatures in all.</summary>
    public long? MaxSignings { get; init; }

    /// <summary>What it covers.</summary>
    public GrantScope? Scope { get; init; }

    /// <summary>The request that it came from.</summary>
    public string? RequestId { get; init; }

    /// <summary>What it was asked for.</summary>
    public string Justification { get; init; } = "";

    /// <summary>When it was given (UTC).</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who gave it.</summary>
    public PrincipalRef CreatedBy { get; init; } = new(PrincipalKind.System, "");

    /// <summary>How it was revoked; null while it was not.</summary>
    public GrantRevocation? Revocation { get; init; }

    /// <summary>Noted once all its uses were found in the ledger, so that lists need not count.</summary>
    public bool IsKnownExhausted { get; init; }

    /// <summary>
    /// Whether a sealed count of its uses was made with it (<see cref="UseCountState"/>): where that is gone, somebody deleted
    /// it. What was given before there were such counts gets its own at the next start.
    /// </summary>
    public bool IsCounted { get; init; }

    /// <summary>The writes that give it.</summary>
    public StateWrite[] Give() =>
        [StateWrite.New(StateTypes.Grant, Id, this with { IsCounted = true }), UseCountState.Begin(Id)];

    /// <summary>What entries record of the grant.</summary>
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

    /// <summary>Revoked; one that was revoked before stays as it was.</summary>
    public GrantState Revoke(PrincipalRef by, string reason, DateTimeOffset at) =>
        Revocation is null ? this with { Revocation = new GrantRevocation(by, reason, at) } : this;

    /// <inheritdoc/>
    public StateIndex ToIndex() => new(
        Parent: SignerId,
        Status: Revocation is not null ? "revoked" : IsKnownExhausted ? "exhausted" : "active",
        Until: WindowEnd,
        Links: [Grantee.ToLink()]);
}

/// <summary>How a grant was revoked.</summary>
/// <param name="By">Who did it.</param>
/// <param name="Reason">Why.</param>
/// <param name="At">When (UTC).</param>
public sealed record GrantRevocation(
    PrincipalRef By, string Reason, DateTimeOffset At);
