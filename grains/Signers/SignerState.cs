using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Signers;

/// <summary>A signer as it is stored. A deleted one stays, so that its name is not used again.</summary>
[GenerateSerializer, Alias("codesigning.SignerState")]
public sealed record SignerState : IIndexedState
{
    /// <summary>The signer's id.</summary>
    [Id(0)]
    public string Id { get; init; } = "";

    /// <summary>Its name.</summary>
    [Id(1)]
    public string Name { get; init; } = "";

    /// <summary>Its description.</summary>
    [Id(2)]
    public string? Description { get; init; }

    /// <summary>Whether it was switched off.</summary>
    [Id(3)]
    public bool IsDisabled { get; init; }

    /// <summary>Whether it was deleted.</summary>
    [Id(4)]
    public bool IsDeleted { get; init; }

    /// <summary>The certificate that it signs with.</summary>
    [Id(5)]
    public string CertificateId { get; init; } = "";

    /// <summary>Its signing policy.</summary>
    [Id(6)]
    public string? PolicyId { get; init; }

    /// <summary>Its members, in the order in which they came.</summary>
    [Id(7)]
    public IReadOnlyList<SignerMember> Members { get; init; } = [];

    /// <summary>When it was made (UTC).</summary>
    [Id(8)]
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who made it.</summary>
    [Id(9)]
    public PrincipalRef CreatedBy { get; init; } = new(PrincipalKind.System, "");

    /// <summary>The request for another policy that waits for approval.</summary>
    [Id(10)]
    public string? PendingPolicyRequestId { get; init; }

    /// <inheritdoc/>
    public StateIndex ToIndex() => new(
        Name: Name,
        Parent: CertificateId,
        Status: IsDeleted ? "deleted" : IsDisabled ? "disabled" : "active",
        Links: IsDeleted ? [] : [.. Members.Select(member => member.Principal.ToLink()).Concat(PolicyLinks()).Distinct()]);

    private IEnumerable<string> PolicyLinks() => PolicyId is null ? [] : ["policy:" + PolicyId];
}
