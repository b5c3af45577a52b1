using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Signers;
using CodeSigning.Grants;
using CodeSigning.Identities;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Grants;

/// <summary>Decides whether a grant can be used, and its status. Pure functions.</summary>
public static class GrantRules
{
    /// <summary>Why the grant cannot be used; null if it can.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="grantee">The principal that wants to sign.</param>
    /// <param name="certificateThumbprint">The signer's current certificate.</param>
    /// <param name="generation">The signer's current generation.</param>
    /// <param name="question">What is to be signed.</param>
    /// <param name="used">The number of uses known to be in the ledger.</param>
    /// <param name="now">The current time.</param>
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
            return (ErrorCode.Forbidden, "The grant belongs to another principal.");
        }

        if (grant.Revocation is not null)
        {
            return (ErrorCode.GrantRevoked, "The grant was revoked: request a new one.");
        }

        if (grant.SignerGeneration != generation)
        {
            return (ErrorCode.GrantRevoked, "The grant was revoked by an emergency stop of the signer: request a new one.");
        }

        if (now < grant.WindowStart)
        {
            return (ErrorCode.GrantNotYetValid, "The grant's window has not begun: retry after its start.");
        }

        if (now >= grant.WindowEnd)
        {
            return (ErrorCode.GrantExpired, "The grant's window has ended: request a new grant.");
        }

        if (grant.CertificateThumbprint != certificateThumbprint)
        {
            return (ErrorCode.ApprovalRequired,
                "The signer's certificate has changed since the grant was created: request a new grant.");
        }

        if (ScopeRules.Mismatch(grant.Scope, question) is { } part)
        {
            return (ErrorCode.ScopeMismatch, $"The grant's scope does not match the request's {part}: request a grant with a matching scope.");
        }

        return used >= grant.MaxSignings
            ? (ErrorCode.GrantExhausted, $"The grant's {grant.MaxSignings} signatures are used: request a new grant.")
            : null;
    }

    /// <summary>The grant's status by its signer, the clock and its use count.</summary>
    public static GrantStatus StatusOf(GrantState grant, SignerState signer, long used, DateTimeOffset now) =>
        RevocationOf(grant, signer) is not null ? GrantStatus.Revoked
        : used >= grant.MaxSignings ? GrantStatus.Exhausted
        : now >= grant.WindowEnd ? GrantStatus.Expired
        : GrantStatus.Active;

    /// <summary>The grant's view.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="signer">Its signer.</param>
    /// <param name="used">The number of its uses in the ledger.</param>
    /// <param name="now">The current time.</param>
    /// <param name="names">The names to show beside ids.</param>
    public static GrantView View(GrantState grant, SignerState signer, long used, DateTimeOffset now, PrincipalNames names) => new(
        grant.Id,
        grant.SignerId,
        names.Show(grant.Grantee),
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
        names.Show(grant.CreatedBy),
        RevocationOf(grant, signer)?.At,
        RevocationOf(grant, signer) is { } revocation ? names.Show(revocation.By) : null,
        RevocationOf(grant, signer)?.Reason,
        signer.Name);

    /// <summary>The principals that a grant's view names.</summary>
    public static IEnumerable<PrincipalRef?> NamedIn(GrantState grant, SignerState signer) =>
        [grant.Grantee, grant.CreatedBy, RevocationOf(grant, signer)?.By];

    // An emergency stop is in force from its first commit; the grants' rows follow.
    private static GrantRevocation? RevocationOf(GrantState grant, SignerState signer) =>
        grant.Revocation ?? (signer.FindStop(grant.SignerGeneration) is { } stop
            ? new GrantRevocation(stop.By, stop.Reason, stop.At)
            : null);
}
