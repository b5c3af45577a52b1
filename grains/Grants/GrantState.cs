using CodeSigning.Grains.States;
using CodeSigning.Grants;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Grants;

/// <summary>A grant as it is stored. How much of it is used is not here: the ledger counts.</summary>
[GenerateSerializer, Alias("codesigning.GrantState")]
public sealed record GrantState : IIndexedState
{
    /// <summary>The grant's id.</summary>
    [Id(0)]
    public string Id { get; init; } = "";

    /// <summary>The signer that it is for.</summary>
    [Id(1)]
    public string SignerId { get; init; } = "";

    /// <summary>Who may use it.</summary>
    [Id(2)]
    public PrincipalRef Grantee { get; init; } = new(PrincipalKind.System, "");

    /// <summary>The certificate that it was given for (SHA-256 thumbprint); it serves no other.</summary>
    [Id(3)]
    public string CertificateThumbprint { get; init; } = "";

    /// <summary>From when (UTC).</summary>
    [Id(4)]
    public DateTimeOffset WindowStart { get; init; }

    /// <summary>Until when (UTC), this moment not included.</summary>
    [Id(5)]
    public DateTimeOffset? WindowEnd { get; init; }

    /// <summary>How many signatures in all.</summary>
    [Id(6)]
    public long? MaxSignings { get; init; }

    /// <summary>What it covers.</summary>
    [Id(7)]
    public GrantScope? Scope { get; init; }

    /// <summary>The request that it came from.</summary>
    [Id(8)]
    public string? RequestId { get; init; }

    /// <summary>What it was asked for.</summary>
    [Id(9)]
    public string Justification { get; init; } = "";

    /// <summary>When it was given (UTC).</summary>
    [Id(10)]
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who gave it.</summary>
    [Id(11)]
    public PrincipalRef CreatedBy { get; init; } = new(PrincipalKind.System, "");

    /// <summary>How it was revoked; null while it was not.</summary>
    [Id(12)]
    public GrantRevocation? Revocation { get; init; }

    /// <summary>Noted once all its uses were found in the ledger, so that lists need not count.</summary>
    [Id(13)]
    public bool IsKnownExhausted { get; init; }

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
