using System.Collections.Concurrent;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Certificates;

/// <summary>Internal certification authorities.</summary>
/// <remarks>
/// Product administrators only, except for the CRL and the certificate, which are public. Every method refuses with
/// <see cref="RefusedException"/>.
/// </remarks>
public sealed class CertificateAuthorityService(
    IStateStore store,
    ILedger ledger,
    ICertificateMaker maker,
    ICertificateReader reader,
    IRevocationListBuilder listBuilder,
    CertificateAuthorities authorities,
    RevocationRegister revocations,
    PkiOptions options,
    TimeProvider time) : IDisposable
{
    private readonly ConcurrentDictionary<string, MadeRevocationList> _lists = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _listMaking = new(1);

    /// <inheritdoc/>
    public void Dispose() => _listMaking.Dispose();

    /// <summary>Creates a root CA, or a CA under another.</summary>
    public Task<CertificateAuthorityView> CreateAsync(
        Caller caller, CreateCertificateAuthority request, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var commonName = CertificateRules.CommonName(request.CommonName);
        var algorithm = CertificateRules.Algorithm(request.KeyAlgorithm);
        var life = CertificateRules.Life(request.TtlDays, CertificateRules.LongestAuthorityDays);
        var custody = CertificateRules.Custody(request.Custody);
        return FreshDecision.MakeAsync(rounds: 2, async () =>
        {
            var now = time.GetUtcNow();
            var line = await ReadParentsAsync(request.ParentId, now, cancellationToken);
            var keyId = EntityId.New(IdPrefixes.Key, time);
            var order = new CertificateOrder(keyId, algorithm, commonName, life, custody);
            var made = await (line.Authorities.IsEmpty
                ? maker.MakeRootAsync(order, cancellationToken)
                : maker.MakeAuthorityAsync(order, line.Nearest.ToIssuer(options), cancellationToken));
            var authority = new CertificateAuthorityState
            {
                Id = EntityId.New(IdPrefixes.CertificateAuthority, time),
                CommonName = commonName,
                KeyId = keyId,
                KeyAlgorithm = algorithm,
                ParentId = line.Authorities.IsEmpty ? null : line.Nearest.Id,
                Custody = made.Key.Custody,
                Certificate = made.Certificate,
                CreatedAt = now,
                CreatedBy = caller.ToRef(),
            };
            var view = authority.ToView(line.Authorities.IsEmpty ? null : line.Nearest.CommonName);
            var change = line.AddTo(Describe(caller, "ca.create", authority.Id, Changes.Making(authority.ToRecord()))).Answering(caller, view).Writing(
                StateWrite.New(StateTypes.CertificateAuthority, authority.Id, authority), made.Key.Sealed);
            return await maker.KeepIfSavedAsync(made.Key, async () =>
            {
                await ledger.RecordAsync(change, cancellationToken);
                return view;
            });
        });
    }

    /// <summary>One CA.</summary>
    public async Task<CertificateAuthorityView> GetAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        return await ViewAsync((await FindAsync(id, cancellationToken)).State, cancellationToken);
    }

    /// <summary>A CA's certificate as DER, PEM or with its chain; public.</summary>
    public async Task<CertificateFile> GetCertificateAsync(
        string id, CertificateFormat format, CancellationToken cancellationToken) =>
        reader.Write((await FindAsync(id, cancellationToken)).State.Certificate, format, id);

    /// <summary>
    /// A CA's current CRL as DER (RFC 5280, section 5); public. It is rebuilt after half its lifetime or after a
    /// revocation.
    /// </summary>
    public async Task<CertificateFile> GetRevocationListAsync(string id, CancellationToken cancellationToken)
    {
        var authority = (await FindAsync(id, cancellationToken)).State;

        // The count is read before the list: a revocation in between makes this list stale for the next caller rather
        // than incomplete.
        var (version, revoked) = await revocations.ReadCountAsync(id, cancellationToken);
        if (!TryGetFresh(id, version, out var list))
        {
            // The endpoint is public and each list costs a signature: one is built at a time, and waiting callers reuse it.
            await _listMaking.WaitAsync(cancellationToken);
            try
            {
                if (!TryGetFresh(id, version, out list))
                {
                    _lists[id] = list = await MakeListAsync(authority, version, revoked, cancellationToken);
                }
            }
            finally
            {
                _listMaking.Release();
            }
        }

        return new CertificateFile("application/pkix-crl", id + ".crl", list.Der);
    }

    /// <summary>Revokes a CA; no certificate under it can sign any longer.</summary>
    public Task<CertificateAuthorityView> RevokeAsync(
        Caller caller, string id, RevokeCertificate request, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        return FreshDecision.MakeAsync(RevocationRegister.Rounds, async () =>
        {
            var authority = await FindAsync(id, cancellationToken);
            var next = authority.State.Revoke(new Revocation(time.GetUtcNow(), request.Reason));
            var view = await ViewAsync(next, cancellationToken);
            var changes = Changes.Between(authority.State.ToRecord(), next.ToRecord());
            var change = Describe(caller, "ca.revoke", id, changes).Answering(caller, view).Writing(authority.Replace(next));
            await ledger.RecordAsync(
                next.ParentId is { } parentId
                    ? change.Writing(await revocations.CountOneMoreAsync(parentId, cancellationToken))
                    : change,
                cancellationToken);
            return view;
        });
    }

    private bool TryGetFresh(string id, long version, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out MadeRevocationList? list) =>
        _lists.TryGetValue(id, out list) && list.IsFresh(version, time.GetUtcNow());

    private async Task<IssuerLine> ReadParentsAsync(
        string? parentId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (parentId is null)
        {
            return IssuerLine.None;
        }

        var line = await authorities.ResolveLineAsync(parentId, "parentId", cancellationToken);
        if (line.Authorities.Length == CertificateRules.DeepestLine)
        {
            throw new RefusedException(
                ErrorCode.WrongState,
                $"The field 'parentId' is invalid: '{line.Nearest.CommonName}' is an issuing CA, which issues code-signing certificates only; expected a root CA.");
        }

        line.RequireIssuing(now);
        return line;
    }

    private async Task<MadeRevocationList> MakeListAsync(
        CertificateAuthorityState authority, long version, long revoked, CancellationToken cancellationToken) =>
        await listBuilder.BuildAsync(
            authority.ToIssuer(options),
            await revocations.ListAsync(authority.Id, revoked, cancellationToken),
            MadeRevocationList.NumberOf(version, time.GetUtcNow()),
            options.RevocationListLifetime,
            cancellationToken);

    private async Task<CertificateAuthorityView> ViewAsync(CertificateAuthorityState authority, CancellationToken cancellationToken)
    {
        var names = await authorities.ReadNamesAsync([authority.ParentId], cancellationToken);
        return authority.ToView(authority.ParentId is { } parentId ? names.GetValueOrDefault(parentId) : null);
    }

    private LedgerElement Describe(Caller caller, string action, string id, Changes changes) =>
        Change.By(caller, action, StateTypes.CertificateAuthority, id, changes, time);

    private async Task<Row<CertificateAuthorityState>> FindAsync(string id, CancellationToken cancellationToken) =>
        await store.FindAsync<CertificateAuthorityState>(StateTypes.CertificateAuthority, id, cancellationToken)
        ?? throw new RefusedException(ErrorCode.NotFound, "The CA does not exist.");
}
