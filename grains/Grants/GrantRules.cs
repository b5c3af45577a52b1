using CodeSigning.Grains.Signers;
using CodeSigning.Grants;
using CodeSigning.Identities;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Grants;

/// <summary>Does a grant serve? And where does it stand? Pure.</summary>
public static class GrantRules
{
    /// <summary>Why the grant does not serve; null where it does.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="grantee">Who wants to sign.</param>
    /// <param name="certificateThumbprint">The certificate that the signer has now.</param>
    /// <param name="generation">The generation that the signer is in.</param>
    /// <param name="question">What is to be signed.</param>
    /// <param name="used">How many uses the ledger is known to hold.</param>
    /// <param name="now">When.</param>
    public static (ErrorCode Code, string Detail)? Check(
        GrantState grant,
        PrincipalRef grantee,
        string certificateThumbprint,
        long generation,
        SigningQuestion question,
        long used,
        DateTimeOffset now)
    {
        if (grant.Grantee != grantee)
        {
            return (ErrorCode.Forbidden, "The grant is somebody else's.");
        }

        if (grant.Revocation is not null)
        {
            return (ErrorCode.GrantRevoked, "The grant was revoked. Ask for another one.");
        }

        if (grant.SignerGeneration != generation)
        {
            return (ErrorCode.GrantRevoked, "The grant ended when the signer was stopped. Ask for another one.");
        }

        if (now < grant.WindowStart)
        {
            return (ErrorCode.GrantNotYetValid, "The grant's window has not begun.");
        }

        if (now >= grant.WindowEnd)
        {
            return (ErrorCode.GrantExpired, "The grant's window is over. Ask for another one.");
        }

        if (grant.CertificateThumbprint != certificateThumbprint)
        {
            return (ErrorCode.ApprovalRequired,
                "The signer has another certificate than when the grant was given. Ask for another grant.");
        }

        if (ScopeRules.Mismatch(grant.Scope, question) is { } part)
        {
            return (ErrorCode.ScopeMismatch, $"The grant covers other {part}. Ask for a grant with this one in its scope.");
        }

        return used >= grant.MaxSignings
            ? (ErrorCode.GrantExhausted, $"The grant's {grant.MaxSignings} signatures are used up. Ask for another one.")
            : null;
    }

    /// <summary>Where the grant stands, by its signer, the clock and the count of its uses.</summary>
    public static GrantStatus StatusOf(GrantState grant, SignerState signer, long used, DateTimeOffset now) =>
        RevocationOf(grant, signer) is not null ? GrantStatus.Revoked
        : used >= grant.MaxSignings ? GrantStatus.Exhausted
        : now >= grant.WindowEnd ? GrantStatus.Expired
        : GrantStatus.Active;

    /// <summary>The grant as its readers see it.</summary>
    public static GrantView View(GrantState grant, SignerState signer, long used, DateTimeOffset now) => new(
        grant.Id,
        grant.SignerId,
        grant.Grantee,
        StatusOf(grant, signer, used, now),
        grant.WindowStart,
        grant.WindowEnd,
        grant.MaxSignings,
        used,
        grant.Scope,
        ScopeRules.ClaimedByClient(grant.Scope),
        grant.RequestId,
        grant.CertificateThumbprint,
        grant.Justification,
        grant.CreatedAt,
        grant.CreatedBy,
        RevocationOf(grant, signer)?.At,
        RevocationOf(grant, signer)?.By,
        RevocationOf(grant, signer)?.Reason);

    // A stop holds from its first commit on; the grants' own rows follow.
    private static GrantRevocation? RevocationOf(GrantState grant, SignerState signer) =>
        grant.Revocation ?? (signer.FindStop(grant.SignerGeneration) is { } stop
            ? new GrantRevocation(stop.By, stop.Reason, stop.At)
            : null);
}
