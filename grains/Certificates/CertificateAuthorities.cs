using System.Collections.Immutable;
using System.Text.Json.Serialization;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;

namespace CodeSigning.Grains.Certificates;

/// <summary>Reads internal CAs with their versions, uncached.</summary>
public sealed class CertificateAuthorities(IStateStore store)
{
    /// <summary>The CA and all CAs above it; null if it does not exist.</summary>
    /// <exception cref="StateTamperedException">A CA above it is missing, which the service never allows.</exception>
    public async Task<IssuerLine?> ReadLineAsync(string caId, CancellationToken cancellationToken)
    {
        var issuer = await ReadAsync([caId], cancellationToken);
        return issuer.Count == 0 ? null : LineOf(caId, await WithThoseAboveAsync(issuer, cancellationToken));
    }

    /// <summary>The id that a CA's id or common name stands for; null if no CA has the name.</summary>
    /// <remarks>Common names are not indexed and not unique; there are few CAs, and the sealed content of all is read.</remarks>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>: several CAs have the name.</exception>
    public async Task<string?> FindIdAsync(string given, CancellationToken cancellationToken)
    {
        var idOrName = PastedText.Trim(given);
        if (EntityId.Is(IdPrefixes.CertificateAuthority, idOrName))
        {
            return idOrName;
        }

        var named = new List<string>();
        await foreach (var row in store.ReadAllAsync<CertificateAuthorityState>(
            new StateQuery(StateTypes.CertificateAuthority), cancellationToken))
        {
            if (row.State.CommonName == idOrName)
            {
                named.Add(row.Id);
            }
        }

        return named.Count <= 1
            ? named.FirstOrDefault()
            : throw new RefusedException(
                ErrorCode.InvalidRequest, $"Several CAs are named '{idOrName}' ({string.Join(", ", named)}): give the id.");
    }

    /// <summary>The CA that a field of a body refers to by id or common name, and all CAs above it.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>: there is none, or several have the name.</exception>
    public async Task<IssuerLine> ResolveLineAsync(string idOrName, string field, CancellationToken cancellationToken) =>
        await FindIdAsync(idOrName, cancellationToken) is { } id && await ReadLineAsync(id, cancellationToken) is { } line
            ? line
            : throw new RefusedException(
                ErrorCode.InvalidRequest, $"The field '{field}' is invalid: expected the id or common name of an existing CA.");

    /// <summary>The common names of CAs, by id; those that do not exist are left out.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ReadNamesAsync(
        IEnumerable<string?> caIds, CancellationToken cancellationToken) =>
        (await ReadAsync([.. caIds.OfType<string>().Distinct()], cancellationToken))
            .ToDictionary(authority => authority.Key, authority => authority.Value.State.CommonName);

    /// <summary>The issuer lines of stored certificates, by issuing CA.</summary>
    /// <exception cref="StateTamperedException">A CA is missing, which the service never allows.</exception>
    public async Task<IssuerLines> ReadLinesOfAsync(
        IEnumerable<CertificateState> certificates, CancellationToken cancellationToken) =>
        new(await ReadLinesAsync([.. certificates.Select(certificate => certificate.CaId).OfType<string>()], cancellationToken));

    /// <summary>The issuer line of a stored certificate; empty for an external one.</summary>
    /// <exception cref="StateTamperedException">A CA is missing, which the service never allows.</exception>
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
/// <param name="ByAuthority">The issuer line by the id of the issuing CA.</param>
public sealed record IssuerLines(IReadOnlyDictionary<string, IssuerLine> ByAuthority)
{
    /// <summary>The issuer line of a certificate; empty for an external one.</summary>
    public IssuerLine Of(CertificateState certificate) =>
        certificate.CaId is { } caId ? ByAuthority[caId] : IssuerLine.None;
}

/// <summary>The internal CAs above a certificate, nearest first; none above an external one.</summary>
/// <param name="Authorities">The CAs.</param>
public sealed record IssuerLine(ImmutableArray<Row<CertificateAuthorityState>> Authorities)
{
    /// <summary>No internal CA.</summary>
    public static IssuerLine None { get; } = new([]);

    /// <summary>The read set of a decision that depends on the line.</summary>
    public IEnumerable<StateVersion> ReadSet => Authorities.Select(known => known.ToVersion());

    /// <summary>Whether one of the CAs is revoked.</summary>
    public bool IsRevoked => Authorities.Any(known => known.State.Revocation is not null);

    /// <summary>The issuing CA.</summary>
    public CertificateAuthorityState Nearest => Authorities[0].State;

    /// <summary>The intersection of a validity with that of every CA in the line.</summary>
    public Validity Narrow(Validity validity) => Authorities.Aggregate(
        validity, (narrowed, known) => narrowed.Intersect(Validity.Of(known.State.Certificate)));

    /// <summary>Refuses if the issuing CA may not issue now.</summary>
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
                throw Refuse(ErrorCode.CertificateNotYetValid, authority, "is not yet valid");
            }
        }
    }

    /// <summary>Adds the line's read set to a change, and limits the change to the line's validity.</summary>
    public LedgerElement AddTo(LedgerElement change)
    {
        var end = Narrow(new Validity(DateTimeOffset.MinValue, change.Until ?? DateTimeOffset.MaxValue)).NotAfter;
        return change.Reading(ReadSet) with { Until = end == DateTimeOffset.MaxValue ? null : end };
    }

    private static RefusedException Refuse(ErrorCode code, CertificateAuthorityState authority, string what) =>
        new(code, $"The CA '{authority.CommonName}' ({authority.Id}) {what} and cannot issue certificates: use another CA.");
}

/// <summary>The internal CA that issues a certificate.</summary>
/// <param name="KeyId">The id of the key in the vault.</param>
/// <param name="Certificate">Its certificate.</param>
/// <param name="RevocationListUrl">The URL of its CRL.</param>
public sealed record Issuer(string KeyId, ChainedCertificate Certificate, Uri RevocationListUrl);

/// <summary>An issued certificate with its chain.</summary>
/// <param name="Pem">The certificate.</param>
/// <param name="ChainPem">The CA certificates above it, each followed by its issuer; empty for a self-signed one.</param>
/// <param name="SerialNumber">Lower-case hex.</param>
/// <param name="Thumbprint">SHA-256 over the DER, lower-case hex.</param>
/// <param name="NotBefore">The start of its validity (UTC).</param>
/// <param name="NotAfter">The end of its validity (UTC).</param>
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
