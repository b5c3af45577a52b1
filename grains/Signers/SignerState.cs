using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Signers;

/// <summary>A signer as it is stored. A deleted one stays, so that its name is not used again.</summary>
public sealed record SignerState : IIndexedState
{
    /// <summary>The signer's id.</summary>
    public string Id { get; init; } = "";

    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its description.</summary>
    public string? Description { get; init; }

    /// <summary>Whether it was switched off.</summary>
    public bool IsDisabled { get; init; }

    /// <summary>Whether it was deleted.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>The certificate that it signs with.</summary>
    public string CertificateId { get; init; } = "";

    /// <summary>Its signing policy.</summary>
    public string? PolicyId { get; init; }

    /// <summary>Its members, in the order in which they came.</summary>
    public IReadOnlyList<SignerMember> Members { get; init; } = [];

    /// <summary>When it was made (UTC).</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who made it.</summary>
    public PrincipalRef CreatedBy { get; init; } = new(PrincipalKind.System, "");

    /// <summary>The request for another policy that waits for approval.</summary>
    public string? PendingPolicyRequestId { get; init; }

    /// <inheritdoc/>
    public StateIndex ToIndex() => new(
        Name: Name,
        Parent: CertificateId,
        Status: IsDeleted ? "deleted" : IsDisabled ? "disabled" : "active",
        Links: IsDeleted ? [] : [.. Members.Select(member => member.Principal.ToLink()).Concat(PolicyLinks()).Distinct()]);

    private IEnumerable<string> PolicyLinks() => PolicyId is null ? [] : ["policy:" + PolicyId];
}
