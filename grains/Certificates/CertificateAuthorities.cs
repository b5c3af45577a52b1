using System.Collections.Immutable;
using System.Text.Json.Serialization;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Certificates;

/// <summary>Reads internal CAs fresh from the store, with their versions.</summary>
public sealed class CertificateAuthorities(IStateStore store)
{
    /// <summary>The CA and all above it; null where there is no such CA.</summary>
    /// <exception cref="StateTamperedException">One above it is gone, which the service never lets happen.</exception>
    public async Task<IssuerLine?> ReadLineAsync(string caId, CancellationToken cancellationToken)
    {
        var issuer = await ReadAsync([caId], cancellationToken);
        return issuer.Count == 0 ? null : LineOf(caId, await WithThoseAboveAsync(issuer, cancellationToken));
    }

    /// <summary>The lines of certificates that are stored, by the id of the CA that issued them.</summary>
    /// <exception cref="StateTamperedException">A CA is gone, which the service never lets happen.</exception>
    public async Task<IssuerLines> ReadLinesOfAsync(
        IEnumerable<CertificateState> certificates, CancellationToken cancellationToken) =>
        new(await ReadLinesAsync([.. certificates.Select(certificate => certificate.CaId).OfType<string>()], cancellationToken));

    /// <summary>The line of a certificate that is stored; empty for one from outside.</summary>
    /// <exception cref="StateTamperedException">A CA is gone, which the service never lets happen.</exception>
    public async Task<IssuerLine> ReadLineOfAsync(CertificateState certificate, CancellationToken cancellationToken) =>
        (await ReadLinesOfAsync([certificate], cancellationToken)).Of(certificate);

    private async Task<Dictionary<string, IssuerLine>> ReadLinesAsync(
        IReadOnlyCollection<string> caIds, CancellationToken cancellationToken)
    {
        var ids = caIds.ToHashSet();
        var known = await WithThoseAboveAsync(await RequireAsync(ids, cancellationToken), cancellationToken);
        return ids.ToDictionary(id => id, id => LineOf(id, known));
    }

    private async Task<Dictionary<string, Row<CertificateAuthorityState>>> WithThoseAboveAsync(
        Dictionary<string, Row<CertificateAuthorityState>> known, CancellationToken cancellationToken)
    {
        while (known.Values.Select(authority => authority.State.ParentId).OfType<string>().Where(id => !known.ContainsKey(id)).ToHashSet()
            is { Count: > 0 } above)
        {
            foreach (var (id, authority) in await RequireAsync(above, cancellationToken))
            {
                known.Add(id, authority);
            }
        }

        return known;
    }

    private static IssuerLine LineOf(string id, Dictionary<string, Row<CertificateAuthorityState>> known)
    {
        var line = ImmutableArray.CreateBuilder<Row<CertificateAuthorityState>>();
        for (var at = id; at is not null; at = line[^1].State.ParentId)
        {
            if (line.Count == CertificateRules.DeepestLine)
            {
                throw new StateTamperedException(StateTypes.CertificateAuthority, at);
            }

            line.Add(known[at]);
        }

        return new IssuerLine(line.DrainToImmutable());
    }

    private async Task<Dictionary<string, Row<CertificateAuthorityState>>> RequireAsync(
        HashSet<string> ids, CancellationToken cancellationToken)
    {
        var read = await ReadAsync(ids, cancellationToken);
        return ids.FirstOrDefault(id => !read.ContainsKey(id)) is { } missing
            ? throw new StateTamperedException(StateTypes.CertificateAuthority, missing)
            : read;
    }

    private async Task<Dictionary<string, Row<CertificateAuthorityState>>> ReadAsync(
        IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        var rows = await StateRows.ReadAsync(store, ids.Select(id => (StateTypes.CertificateAuthority, id)), cancellationToken);
        return ids
            .Select(id => rows.Find<CertificateAuthorityState>(StateTypes.CertificateAuthority, id))
            .OfType<Row<CertificateAuthorityState>>()
            .ToDictionary(row => row.Id);
    }
}

/// <summary>The internal CAs above some certificates.</summary>
/// <param name="ByAuthority">The line of each CA that issued one of them.</param>
public sealed record IssuerLines(IReadOnlyDictionary<string, IssuerLine> ByAuthority)
{
    /// <summary>The line of one of the certificates; empty for one from outside.</summary>
    public IssuerLine Of(CertificateState certificate) =>
        certificate.CaId is { } caId ? ByAuthority[caId] : IssuerLine.None;
}

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
    public void RequireIssuing(DateTimeOffset now)
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

/// <summary>The internal CA that issues.</summary>
/// <param name="KeyId">The vault's key.</param>
/// <param name="Certificate">Its certificate.</param>
/// <param name="RevocationListUrl">Where its CRL is found.</param>
public sealed record Issuer(string KeyId, ChainedCertificate Certificate, Uri RevocationListUrl);

/// <summary>A certificate that was issued, with all that is above it.</summary>
/// <param name="Pem">The certificate.</param>
/// <param name="ChainPem">The certificates above it, issuer after issuer; empty for a self-signed one.</param>
/// <param name="SerialNumber">Lower-case hex.</param>
/// <param name="Thumbprint">SHA-256 over the DER, lower-case hex.</param>
/// <param name="NotBefore">When it begins (UTC).</param>
/// <param name="NotAfter">When it ends (UTC).</param>
public sealed record ChainedCertificate(
    string Pem,
    string ChainPem,
    string SerialNumber,
    string Thumbprint,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter)
{
    /// <summary>The certificate and those above it, leaf first.</summary>
    [JsonIgnore]
    public string WithChainPem => Pem + ChainPem;
}
