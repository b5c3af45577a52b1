using System.Collections.Immutable;
using CodeSigning.Grains.Certificates;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Signing;

/// <summary>A decision on whether to sign, and its read set.</summary>
/// <param name="Basis">The versions of signer, certificate, CAs, deciding groups and, where it decided, the policy.</param>
/// <param name="SignerName">The signer's name.</param>
/// <param name="Certificate">The certificate; null where the decision did not come that far.</param>
/// <param name="Until">The decision holds before this time only (UTC).</param>
public abstract record SigningDecision(
    ImmutableArray<StateVersion> Basis, string SignerName, CertificateFacts? Certificate, DateTimeOffset? Until)
{
    /// <summary>Sign.</summary>
    /// <param name="Basis">See <see cref="SigningDecision"/>.</param>
    /// <param name="SignerName">See <see cref="SigningDecision"/>.</param>
    /// <param name="Certificate">See <see cref="SigningDecision"/>.</param>
    /// <param name="Until">See <see cref="SigningDecision"/>.</param>
    /// <param name="IsBypass">The policy lets machine identities pass without a grant, and did.</param>
    public sealed record Allowed(
        ImmutableArray<StateVersion> Basis,
        string SignerName,
        CertificateFacts Certificate,
        DateTimeOffset? Until,
        bool IsBypass) : SigningDecision(Basis, SignerName, Certificate, Until);

    /// <summary>Sign if one of the caller's grants serves.</summary>
    /// <param name="Basis">See <see cref="SigningDecision"/>.</param>
    /// <param name="SignerName">See <see cref="SigningDecision"/>.</param>
    /// <param name="Certificate">See <see cref="SigningDecision"/>.</param>
    /// <param name="Until">See <see cref="SigningDecision"/>.</param>
    public sealed record NeedsGrant(
        ImmutableArray<StateVersion> Basis,
        string SignerName,
        CertificateFacts Certificate,
        DateTimeOffset? Until) : SigningDecision(Basis, SignerName, Certificate, Until);

    /// <summary>Do not sign.</summary>
    /// <param name="Basis">See <see cref="SigningDecision"/>.</param>
    /// <param name="SignerName">See <see cref="SigningDecision"/>.</param>
    /// <param name="Certificate">See <see cref="SigningDecision"/>.</param>
    /// <param name="Code">The code for the client.</param>
    /// <param name="Detail">The sentence for the client.</param>
    public sealed record Refused(
        ImmutableArray<StateVersion> Basis,
        string SignerName,
        CertificateFacts? Certificate,
        ErrorCode Code,
        string Detail) : SigningDecision(Basis, SignerName, Certificate, null);
}
