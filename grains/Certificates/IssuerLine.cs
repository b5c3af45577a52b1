using System.Collections.Immutable;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Certificates;

/// <summary>The internal CAs above a certificate, nearest first; none above one from outside.</summary>
/// <param name="Authorities">The CAs.</param>
public sealed record IssuerLine(ImmutableArray<Row<CertificateAuthorityState>> Authorities)
{
    /// <summary>No internal CA.</summary>
    public static IssuerLine None { get; } = new([]);

    /// <summary>The versions that whatever rests on the line rests on.</summary>
    public IEnumerable<StateVersion> Basis => Authorities.Select(known => known.ToVersion());

    /// <summary>Whether one of them was revoked.</summary>
    public bool IsRevoked => Authorities.Any(known => known.State.Revocation is not null);

    /// <summary>The CA that issues.</summary>
    public CertificateAuthorityState Nearest => Authorities[0].State;

    /// <summary>The validity that something of this validity has in common with all of them.</summary>
    public Validity Narrow(Validity validity) => Authorities.Aggregate(
        validity, (narrowed, known) => narrowed.Intersect(Validity.Of(known.State.Certificate)));

    /// <summary>Whether the nearest may issue now.</summary>
    /// <exception cref="RefusedException"><c>CertificateRevoked</c>, <c>CertificateExpired</c> or <c>CertificateNotYetValid</c>.</exception>
    public void DemandIssuing(DateTimeOffset now)
    {
        foreach (var authority in Authorities.Select(known => known.State))
        {
            if (authority.Revocation is not null)
            {
                throw Refuse(ErrorCode.CertificateRevoked, authority, "is revoked");
            }

            if (now >= authority.Certificate.NotAfter)
            {
                throw Refuse(ErrorCode.CertificateExpired, authority, "has expired");
            }

            if (now < authority.Certificate.NotBefore)
            {
                throw Refuse(ErrorCode.CertificateNotYetValid, authority, "is not valid yet");
            }
        }
    }

    /// <summary>Makes a change rest on the line too: on its versions, and on none of it ending before the commit.</summary>
    public LedgerElement AddTo(LedgerElement change)
    {
        var end = Narrow(new Validity(DateTimeOffset.MinValue, change.Until ?? DateTimeOffset.MaxValue)).NotAfter;
        return change.Reading(Basis) with { Until = end == DateTimeOffset.MaxValue ? null : end };
    }

    private static RefusedException Refuse(ErrorCode code, CertificateAuthorityState authority, string what) =>
        new(code, $"The CA '{authority.CommonName}' ({authority.Id}) {what}, so nothing can be issued under it. Use another CA.");
}
