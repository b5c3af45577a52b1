using System.Collections.Immutable;
using CodeSigning.Certificates;
using CodeSigning.Ledger;

namespace CodeSigning.Signing;

/// <summary>A signer's decision, and everything that it rests on.</summary>
/// <param name="Basis">The versions of signer, certificate, CA, deciding groups and, where it decided, the policy.</param>
/// <param name="SignerName">The signer's name; null where there is no signer.</param>
/// <param name="Certificate">The certificate; null where the decision did not come that far.</param>
/// <param name="Until">The decision holds before this time only (UTC).</param>
[GenerateSerializer, Immutable, Alias("codesigning.SigningDecision")]
public abstract record SigningDecision(
    [property: Id(0)] ImmutableArray<StateVersion> Basis,
    [property: Id(1)] string? SignerName,
    [property: Id(2)] CertificateFacts? Certificate,
    [property: Id(3)] DateTimeOffset? Until)
{
    /// <summary>Sign.</summary>
    /// <param name="Basis">See <see cref="SigningDecision"/>.</param>
    /// <param name="SignerName">See <see cref="SigningDecision"/>.</param>
    /// <param name="Certificate">See <see cref="SigningDecision"/>.</param>
    /// <param name="Until">See <see cref="SigningDecision"/>.</param>
    /// <param name="IsBypass">The policy lets machine identities pass without a grant, and did.</param>
    [GenerateSerializer, Immutable, Alias("codesigning.SigningAllowed")]
    public sealed record Allowed(
        ImmutableArray<StateVersion> Basis,
        string SignerName,
        CertificateFacts Certificate,
        DateTimeOffset? Until,
        [property: Id(4)] bool IsBypass) : SigningDecision(Basis, SignerName, Certificate, Until);

    /// <summary>Sign if one of these grants serves, tried in this order: what ends first comes first.</summary>
    /// <param name="Basis">See <see cref="SigningDecision"/>.</param>
    /// <param name="SignerName">See <see cref="SigningDecision"/>.</param>
    /// <param name="Certificate">See <see cref="SigningDecision"/>.</param>
    /// <param name="Until">See <see cref="SigningDecision"/>.</param>
    /// <param name="GrantIds">The caller's live grants that cover the question, or else those that do not serve; never empty.</param>
    [GenerateSerializer, Immutable, Alias("codesigning.SigningNeedsGrant")]
    public sealed record NeedsGrant(
        ImmutableArray<StateVersion> Basis,
        string SignerName,
        CertificateFacts Certificate,
        DateTimeOffset? Until,
        [property: Id(4)] ImmutableArray<string> GrantIds) : SigningDecision(Basis, SignerName, Certificate, Until);

    /// <summary>Do not sign.</summary>
    /// <param name="Basis">See <see cref="SigningDecision"/>.</param>
    /// <param name="SignerName">See <see cref="SigningDecision"/>.</param>
    /// <param name="Certificate">See <see cref="SigningDecision"/>.</param>
    /// <param name="Code">The code for the client.</param>
    /// <param name="Detail">The sentence for the client.</param>
    [GenerateSerializer, Immutable, Alias("codesigning.SigningRefused")]
    public sealed record Refused(
        ImmutableArray<StateVersion> Basis,
        string? SignerName,
        CertificateFacts? Certificate,
        [property: Id(4)] ErrorCode Code,
        [property: Id(5)] string Detail) : SigningDecision(Basis, SignerName, Certificate, null);
}
