using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Certificates;

/// <inheritdoc cref="ICertificateAuthorityGrain"/>
public sealed class CertificateAuthorityGrain(
    [PersistentState(StateTypes.CertificateAuthority, "ledger")] IPersistentState<CertificateAuthorityState> state,
    ICertificateMaker maker,
    ICertificateReader reader,
    IRevocationListBuilder listBuilder,
    CertificateAuthorities authorities,
    RevocationRegister revocations,
    PkiOptions options,
    TimeProvider time) : Grain, ICertificateAuthorityGrain
{
    private MadeRevocationList? _list;

    private string Id => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public async Task<CertificateAuthorityView> CreateAsync(
        Caller caller, CreateCertificateAuthority request, CancellationToken cancellationToken)
    {
        await DemandNewAsync(caller, cancellationToken);
        var commonName = CertificateRules.CommonName(request.CommonName);
        var algorithm = CertificateRules.Algorithm(request.KeyAlgorithm);
        var life = CertificateRules.Life(request.TtlDays, CertificateRules.LongestAuthorityDays);
        return await FreshDecision.MakeAsync(rounds: 2, async () =>
        {
            var now = time.GetUtcNow();
            var line = await ReadParentsAsync(request.ParentId, now, cancellationToken);
            var keyId = EntityId.New(IdPrefixes.Key, time);
            var order = new CertificateOrder(keyId, algorithm, commonName, life);
            var made = await (line.Authorities.IsEmpty
                ? maker.MakeRootAsync(order, cancellationToken)
                : maker.MakeAuthorityAsync(order, line.Nearest.ToIssuer(options), cancellationToken));
            var next = new CertificateAuthorityState
            {
                Id = Id,
                CommonName = commonName,
                KeyId = keyId,
                KeyAlgorithm = algorithm,
                ParentId = request.ParentId,
                Certificate = made.Certificate,
                CreatedAt = now,
                CreatedBy = caller.ToRef(),
            };
            var change = line.AddTo(Describe(caller, "ca.create", next)) with { AlsoWrites = [made.Key.Sealed] };
            return await SaveAsync(caller, next, change, cancellationToken);
        });
    }

    /// <inheritdoc/>
    public async Task<CertificateAuthorityView> GetAsync(Caller caller)
    {
        ProductAuthority.DemandAdministrator(caller);
        return (await DemandExistingAsync(CancellationToken.None)).ToView();
    }

    /// <inheritdoc/>
    public async Task<CertificateFile> GetCertificateAsync(CertificateFormat format) =>
        reader.Write((await DemandExistingAsync(CancellationToken.None)).Certificate, format, Id);

    /// <inheritdoc/>
    public async Task<CertificateFile> GetRevocationListAsync(CancellationToken cancellationToken)
    {
        var current = await DemandExistingAsync(cancellationToken);
        var now = time.GetUtcNow();
        // Counted before they are listed: a revocation in between makes the next caller's list, not a list without it.
        var (version, revoked) = await revocations.ReadCountAsync(Id, cancellationToken);
        if (_list is null || !_list.IsFresh(version, now))
            _list = await MakeListAsync(current, version, revoked, now, cancellationToken);
        return new CertificateFile("application/pkix-crl", Id + ".crl", _list.Der);
    }

    /// <inheritdoc/>
    public async Task<CertificateAuthorityView> RevokeAsync(
        Caller caller, RevokeCertificate request, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandAdministrator(caller);
        var current = await DemandExistingAsync(cancellationToken);
        var next = current.Revoke(new Revocation(time.GetUtcNow(), request.Reason));
        return await FreshDecision.MakeAsync(RevocationRegister.Rounds, async () =>
        {
            var change = Describe(caller, "ca.revoke", next);
            if (next.ParentId is { } parentId)
                change = change with { AlsoWrites = [await revocations.CountOneMoreAsync(parentId, cancellationToken)] };
            return await SaveAsync(caller, next, change, cancellationToken);
        });
    }

    private async Task<IssuerLine> ReadParentsAsync(
        string? parentId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (parentId is null)
            return IssuerLine.None;

        var line = await authorities.ReadLineAsync(parentId, cancellationToken)
            ?? throw new RefusedException(ErrorCode.NotFound, "There is no CA of this parentId.");
        if (line.Authorities.Length == CertificateRules.DeepestLine)
            throw new RefusedException(
                ErrorCode.WrongState,
                "An issuing CA issues code-signing certificates only. Choose a root as the parent.");
        line.DemandIssuing(now);
        return line;
    }

    private async Task<MadeRevocationList> MakeListAsync(
        CertificateAuthorityState current, long version, long revoked, DateTimeOffset now, CancellationToken cancellationToken) =>
        await listBuilder.BuildAsync(
            current.ToIssuer(options),
            await revocations.ListAsync(Id, revoked, cancellationToken),
            MadeRevocationList.NumberOf(version, now),
            options.RevocationListLifetime,
            cancellationToken);

    private PendingChange Describe(Caller caller, string action, CertificateAuthorityState next) => Change.By(
        caller,
        action,
        StateTypes.CertificateAuthority,
        Id,
        new
        {
            next.CommonName,
            KeyAlgorithm = next.KeyAlgorithm.ToWireName(),
            next.ParentId,
            next.Certificate.SerialNumber,
            next.Certificate.Thumbprint,
            next.Certificate.NotAfter,
            next.Revocation?.Reason,
        },
        time);

    private async Task<CertificateAuthorityView> SaveAsync(
        Caller caller, CertificateAuthorityState next, PendingChange change, CancellationToken cancellationToken)
    {
        var view = next.ToView();
        await state.WriteRecordedAsync(next, change.Answering(caller, view), cancellationToken);
        return view;
    }

    private async Task DemandNewAsync(Caller caller, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandAdministrator(caller);
        if (!EntityId.Is(IdPrefixes.CertificateAuthority, Id))
            throw new RefusedException(ErrorCode.InvalidRequest, "A CA's id begins with 'cas_'.");
        await state.ReadStateAsync(cancellationToken);
        if (state.RecordExists)
            throw new RefusedException(ErrorCode.Conflict, "There is a CA of this id already.");
    }

    // Read anew: another node may hold this grain too, and have written.
    private async Task<CertificateAuthorityState> DemandExistingAsync(CancellationToken cancellationToken)
    {
        await state.ReadStateAsync(cancellationToken);
        if (state.RecordExists)
            return state.State;

        DeactivateOnIdle();
        throw new RefusedException(ErrorCode.NotFound, "There is no CA of this id.");
    }
}
