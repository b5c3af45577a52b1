using System.Collections.Immutable;
using CodeSigning.Certificates;
using CodeSigning.Contract;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Signers;
using CodeSigning.Identities;
using CodeSigning.Signers;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Signing;

/// <summary>
/// Decides whether a caller may sign. Pure: facts, question and clock in, decision out. The signing worker selects the
/// grant if one is needed.
/// </summary>
public static class SigningRules
{
    /// <summary>
    /// Decides. The order of checks matters: a stranger learns nothing, and a member learns about the signer before the
    /// policy.
    /// </summary>
    public static SigningDecision Decide(SignerFacts facts, Caller caller, SigningAlgorithm algorithm, DateTimeOffset now)
    {
        var standing = SignerAuthority.Of(facts, caller);
        if (facts.State.IsDeleted || !standing.Actions.Contains(SignerAction.Read))
        {
            var notFound = SignerAuthority.NotFound();
            return new SigningDecision.Refused(standing.ReadSet, facts.State.Name, null, notFound.Code, notFound.Message);
        }

        if (!standing.Actions.Contains(SignerAction.Sign))
        {
            return new SigningDecision.Refused(
                SignerAuthority.Consulted(facts), facts.State.Name, facts.Certificate, ErrorCode.Forbidden, SignerAuthority.Sentence(SignerAction.Sign));
        }

        if (facts.State.IsDisabled)
        {
            return new SigningDecision.Refused(
                standing.ReadSet, facts.State.Name, facts.Certificate, ErrorCode.SignerDisabled,
                "The signer is disabled: its administrator can enable it.");
        }

        if (facts.Certificate is not { } certificate)
        {
            return new SigningDecision.Refused(
                standing.ReadSet, facts.State.Name, null, ErrorCode.NotACodeSigningCertificate,
                "The signer's certificate does not exist: a product administrator must bind another one.");
        }

        ImmutableArray<StateVersion> readSet = [.. standing.ReadSet, .. certificate.ReadSet];
        return (CheckCertificate(certificate, algorithm, now) ?? CheckProfile(facts)) is { } problem
            ? new SigningDecision.Refused(readSet, facts.State.Name, certificate, problem.Code, problem.Detail)
            : ApplyPolicy(facts, caller, certificate, readSet);
    }

    private static (ErrorCode Code, string Detail)? CheckCertificate(
        CertificateFacts certificate, SigningAlgorithm algorithm, DateTimeOffset now)
    {
        if (!certificate.IsIssued)
        {
            return (ErrorCode.NotACodeSigningCertificate, "Certificate of the signer not yet issued by the external CA: install it first.");
        }

        if (certificate.IsRevoked)
        {
            return (ErrorCode.CertificateRevoked, "The signer's certificate was revoked: bind another one to the signer.");
        }

        if (certificate.KeyState != KeyState.Active)
        {
            return (ErrorCode.WrongState, certificate.KeyState == KeyState.Suspended
                ? "The key of the signer's certificate is suspended: make it active, or bind another certificate to the signer."
                : "The key of the signer's certificate is compromised or destroyed: bind another one to the signer.");
        }

        if (now < certificate.NotBefore)
        {
            return (ErrorCode.CertificateNotYetValid, certificate.BeginsWithAuthority
                ? "A CA above the signer's certificate is not yet valid."
                : "The signer's certificate is not yet valid.");
        }

        if (now >= certificate.NotAfter)
        {
            return (ErrorCode.CertificateExpired, certificate.EndsWithAuthority
                ? "A CA above the signer's certificate has expired, so signatures would be refused: install the certificate again with the CA's current certificate, or bind another one to the signer."
                : "The signer's certificate has expired: bind another one to the signer.");
        }

        return algorithm.Fits(certificate.KeyAlgorithm)
            ? null
            : (ErrorCode.AlgorithmKeyMismatch,
                $"The algorithm {algorithm.ToWireName()} does not fit the signer's key, which is {certificate.KeyAlgorithm.ToWireName()}.");
    }

    // A certificate that does not conform is refused when it is bound; this one came another way, as from an older backup.
    private static (ErrorCode Code, string Detail)? CheckProfile(SignerFacts facts) => facts.ProfileErrors.IsEmpty
        ? null
        : (ErrorCode.ProfileViolated, PublicProfile.Describe(facts.ProfileErrors, "The signer is public, and its certificate is not fit for it"));

    private static SigningDecision ApplyPolicy(
        SignerFacts facts, Caller caller, CertificateFacts certificate, ImmutableArray<StateVersion> readSet)
    {
        var until = certificate.NotAfter;
        if (facts.State.PolicyId is null)
        {
            return new SigningDecision.Allowed(readSet, facts.State.Name, certificate, until, IsBypass: false);
        }

        if (facts.Policy is { State.Definition.BypassForMachineIdentities: true } policy && caller.Kind == PrincipalKind.Identity)
        {
            return new SigningDecision.Allowed(
                [.. readSet, policy.ToVersion()], facts.State.Name, certificate, until, IsBypass: true);
        }

        var withPolicy = facts.Policy is { } asking ? [.. readSet, asking.ToVersion()] : readSet;
        return new SigningDecision.NeedsGrant(withPolicy, facts.State.Name, certificate, until);
    }
}

/// <summary>A decision on whether to sign, and its read set.</summary>
/// <param name="ReadSet">The read set: signer, certificate, CAs, deciding groups and, if it was decisive, the policy.</param>
/// <param name="SignerName">The signer's name.</param>
/// <param name="Certificate">The certificate; null if the decision did not need it.</param>
/// <param name="Until">The exclusive end of the decision's validity (UTC).</param>
public abstract record SigningDecision(
    ImmutableArray<StateVersion> ReadSet, string SignerName, CertificateFacts? Certificate, DateTimeOffset? Until)
{
    /// <summary>The caller may sign.</summary>
    /// <param name="ReadSet">See <see cref="SigningDecision"/>.</param>
    /// <param name="SignerName">See <see cref="SigningDecision"/>.</param>
    /// <param name="Certificate">See <see cref="SigningDecision"/>.</param>
    /// <param name="Until">See <see cref="SigningDecision"/>.</param>
    /// <param name="IsBypass">Whether the policy's bypass for machine identities was used.</param>
    public sealed record Allowed(
        ImmutableArray<StateVersion> ReadSet,
        string SignerName,
        CertificateFacts Certificate,
        DateTimeOffset? Until,
        bool IsBypass) : SigningDecision(ReadSet, SignerName, Certificate, Until);

    /// <summary>The caller may sign under a grant.</summary>
    /// <param name="ReadSet">See <see cref="SigningDecision"/>.</param>
    /// <param name="SignerName">See <see cref="SigningDecision"/>.</param>
    /// <param name="Certificate">See <see cref="SigningDecision"/>.</param>
    /// <param name="Until">See <see cref="SigningDecision"/>.</param>
    public sealed record NeedsGrant(
        ImmutableArray<StateVersion> ReadSet,
        string SignerName,
        CertificateFacts Certificate,
        DateTimeOffset? Until) : SigningDecision(ReadSet, SignerName, Certificate, Until);

    /// <summary>The caller may not sign.</summary>
    /// <param name="ReadSet">See <see cref="SigningDecision"/>.</param>
    /// <param name="SignerName">See <see cref="SigningDecision"/>.</param>
    /// <param name="Certificate">See <see cref="SigningDecision"/>.</param>
    /// <param name="Code">The code for the client.</param>
    /// <param name="Detail">The message for the client.</param>
    public sealed record Refused(
        ImmutableArray<StateVersion> ReadSet,
        string SignerName,
        CertificateFacts? Certificate,
        ErrorCode Code,
        string Detail) : SigningDecision(ReadSet, SignerName, Certificate, null);
}
