using System.Collections.Immutable;
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
        var known = await WithThoseAboveAsync(await DemandAsync(ids, cancellationToken), cancellationToken);
        return ids.ToDictionary(id => id, id => LineOf(id, known));
    }

    private async Task<Dictionary<string, Row<CertificateAuthorityState>>> WithThoseAboveAsync(
        Dictionary<string, Row<CertificateAuthorityState>> known, CancellationToken cancellationToken)
    {
        while (known.Values.Select(authority => authority.State.ParentId).OfType<string>().Where(id => !known.ContainsKey(id)).ToHashSet()
            is { Count: > 0 } above)
        {
            foreach (var (id, authority) in await DemandAsync(above, cancellationToken))
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

    private async Task<Dictionary<string, Row<CertificateAuthorityState>>> DemandAsync(
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
