using System.Collections.Immutable;
using CodeSigning.Certificates;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Signing;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Signers;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Signers;

/// <summary>
/// May this caller sign this now? Pure: facts, question and clock in, decision out. A decision that needs a grant names
/// none yet; the signer adds the caller's.
/// </summary>
public static class SigningRules
{
    /// <summary>Decides. The order matters: a stranger learns nothing, a member learns about the signer before the policy.</summary>
    public static SigningDecision Decide(SignerFacts facts, Caller caller, SigningAlgorithm algorithm, DateTimeOffset now)
    {
        var standing = SignerAuthority.Of(facts, caller);
        if (facts.State.IsDeleted || !standing.Actions.Contains(SignerAction.Read))
        {
            var notFound = SignerAuthority.NotFound();
            return new SigningDecision.Refused(standing.Basis, facts.State.Name, null, notFound.Code, notFound.Message);
        }

        if (!standing.Actions.Contains(SignerAction.Sign))
        {
            return new SigningDecision.Refused(
                SignerAuthority.Consulted(facts), facts.State.Name, facts.Certificate, ErrorCode.Forbidden, SignerAuthority.Sentence(SignerAction.Sign));
        }

        if (facts.State.IsDisabled)
        {
            return new SigningDecision.Refused(
                standing.Basis, facts.State.Name, facts.Certificate, ErrorCode.SignerDisabled,
                "The signer is disabled. Its administrator can enable it again.");
        }

        if (facts.Certificate is not { } certificate)
        {
            return new SigningDecision.Refused(
                standing.Basis, facts.State.Name, null, ErrorCode.NotACodeSigningCertificate,
                "The signer's certificate is gone. Its administrator must bind another one.");
        }

        ImmutableArray<StateVersion> basis = [.. standing.Basis, .. certificate.Basis];
        return CheckCertificate(certificate, algorithm, now) is { } problem
            ? new SigningDecision.Refused(basis, facts.State.Name, certificate, problem.Code, problem.Detail)
            : ApplyPolicy(facts, caller, certificate, basis);
    }

    private static (ErrorCode Code, string Detail)? CheckCertificate(
        CertificateFacts certificate, SigningAlgorithm algorithm, DateTimeOffset now)
    {
        if (!certificate.IsIssued)
        {
            return (ErrorCode.NotACodeSigningCertificate, "Certificate of the signer not yet issued by the external CA. Install it first.");
        }

        if (certificate.IsRevoked)
        {
            return (ErrorCode.CertificateRevoked, "The signer's certificate was revoked. Bind another one to the signer.");
        }

        if (now < certificate.NotBefore)
        {
            return (ErrorCode.CertificateNotYetValid, "The signer's certificate is not valid yet.");
        }

        if (now >= certificate.NotAfter)
        {
            return (ErrorCode.CertificateExpired, "The signer's certificate has expired. Bind another one to the signer.");
        }

        return algorithm.Fits(certificate.KeyAlgorithm)
            ? null
            : (ErrorCode.AlgorithmKeyMismatch,
                $"{algorithm.ToWireName()} does not fit the signer's key, which is {certificate.KeyAlgorithm.ToWireName()}.");
    }

    private static SigningDecision ApplyPolicy(
        SignerFacts facts, Caller caller, CertificateFacts certificate, ImmutableArray<StateVersion> basis)
    {
        var until = certificate.NotAfter;
        if (facts.State.PolicyId is null)
        {
            return new SigningDecision.Allowed(basis, facts.State.Name, certificate, until, IsBypass: false);
        }

        if (facts.Policy is { State.Definition.BypassForMachineIdentities: true } policy && caller.Kind == PrincipalKind.Identity)
        {
            return new SigningDecision.Allowed(
                [.. basis, policy.ToVersion()], facts.State.Name, certificate, until, IsBypass: true);
        }

        var withPolicy = facts.Policy is { } asking ? [.. basis, asking.ToVersion()] : basis;
        return new SigningDecision.NeedsGrant(withPolicy, facts.State.Name, certificate, until);
    }
}
