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
    /// <param name="question">What is to be signed.</param>
    /// <param name="used">How many uses the ledger is known to hold.</param>
    /// <param name="now">When.</param>
    public static (ErrorCode Code, string Detail)? Check(
        GrantState grant,
        PrincipalRef grantee,
        string certificateThumbprint,
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

    /// <summary>Where the grant stands, by the clock and the count of its uses.</summary>
    public static GrantStatus StatusOf(GrantState grant, long used, DateTimeOffset now) =>
        grant.Revocation is not null ? GrantStatus.Revoked
        : used >= grant.MaxSignings ? GrantStatus.Exhausted
        : now >= grant.WindowEnd ? GrantStatus.Expired
        : GrantStatus.Active;

    /// <summary>The grant as its readers see it.</summary>
    public static GrantView View(GrantState grant, long used, DateTimeOffset now) => new(
        grant.Id,
        grant.SignerId,
        grant.Grantee,
        StatusOf(grant, used, now),
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
        grant.Revocation?.At,
        grant.Revocation?.By,
        grant.Revocation?.Reason);
}
