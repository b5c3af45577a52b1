using System.Security.Cryptography;
using System.Text;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Certificates;

/// <inheritdoc cref="ICertificateGrain"/>
public sealed class CertificateGrain(
    [PersistentState(StateTypes.Certificate, "ledger")] IPersistentState<CertificateState> state,
    ILedger ledger,
    ICertificateMaker maker,
    ICertificateReader reader,
    CertificateAuthorities authorities,
    RevocationRegister revocations,
    PkiOptions options,
    TimeProvider time) : Grain, ICertificateGrain
{
    private string Id => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public async Task<CertificateView> IssueAsync(
        Caller caller, IssueCertificate request, CancellationToken cancellationToken)
    {
        await DemandNewAsync(caller, cancellationToken);
        var commonName = CertificateRules.CommonName(request.CommonName);
        var algorithm = CertificateRules.Algorithm(request.KeyAlgorithm);
        var life = CertificateRules.Life(request.TtlDays, CertificateRules.LongestLeafDays);
        return await FreshDecision.MakeAsync(rounds: 2, async () =>
        {
            var line = await authorities.ReadLineAsync(request.CaId, cancellationToken)
                ?? throw new RefusedException(ErrorCode.NotFound, "There is no CA of this caId.");
            var now = time.GetUtcNow();
            line.DemandIssuing(now);
            var order = new CertificateOrder(NewKeyId(), algorithm, commonName, life);
            var made = await maker.MakeLeafAsync(order, line.Nearest.ToIssuer(options), cancellationToken);
            var next = NewState(caller, now, made.Key, made.Subject, new CertificateStage.Active(made.Certificate)) with
            {
                CaId = line.Nearest.Id,
            };
            var change = line.AddTo(Describe(caller, "certificate.issue", next)) with { AlsoWrites = [made.Key.Sealed] };
            return await SaveAsync(caller, next, line, change, cancellationToken);
        });
    }

    /// <inheritdoc/>
    public async Task<CertificateView> ImportAsync(
        Caller caller, ImportCertificate request, CancellationToken cancellationToken)
    {
        await DemandNewAsync(caller, cancellationToken);
        CertificateRules.Import(request);
        var made = await maker.ImportAsync(NewKeyId(), request, cancellationToken);
        var now = time.GetUtcNow();
        if (now >= made.Certificate.NotAfter)
            throw new RefusedException(ErrorCode.CertificateExpired, "This certificate has expired. Import a current one.");

        var next = NewState(caller, now, made.Key, made.Subject, new CertificateStage.Active(made.Certificate));
        var change = Describe(caller, "certificate.import", next) with { AlsoWrites = [made.Key.Sealed] };
        return await SaveAsync(caller, next, IssuerLine.None, change, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<SigningRequestView> CreateSigningRequestAsync(
        Caller caller, CreateSigningRequest request, CancellationToken cancellationToken)
    {
        await DemandNewAsync(caller, cancellationToken);
        var subject = CertificateRules.Subject(request.Subject);
        var algorithm = CertificateRules.Algorithm(request.KeyAlgorithm);
        var made = await maker.MakeSigningRequestAsync(NewKeyId(), subject, algorithm, cancellationToken);
        var next = NewState(
            caller, time.GetUtcNow(), made.Key, made.Subject, new CertificateStage.Awaiting(made.CsrPem));
        var view = new SigningRequestView(Id, made.CsrPem);
        var change = Describe(caller, "certificate.request", next) with { AlsoWrites = [made.Key.Sealed] };
        await state.WriteRecordedAsync(next, change.Answering(caller, view), cancellationToken);
        return view;
    }

    /// <inheritdoc/>
    public async Task<CertificateView> InstallAsync(
        Caller caller, InstallCertificate request, CancellationToken cancellationToken)
    {
        var current = await DemandExistingAsync(caller, cancellationToken);
        var (subject, certificate) = reader.Read(request.CertificatePem, request.ChainPem, current.PublicKey);
        if (current.Stage is CertificateStage.Active active && active.Certificate.Thumbprint == certificate.Thumbprint)
            return current.ToView(IssuerLine.None, time.GetUtcNow());

        var next = current.Install(subject, certificate);
        return await SaveAsync(
            caller, next, IssuerLine.None, Describe(caller, "certificate.install", next), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<CertificateView> RevokeAsync(
        Caller caller, RevokeCertificate request, CancellationToken cancellationToken)
    {
        var current = await DemandExistingAsync(caller, cancellationToken);
        var next = current.Revoke(new Revocation(time.GetUtcNow(), request.Reason));
        return await FreshDecision.MakeAsync(RevocationRegister.Rounds, async () =>
        {
            var change = Describe(caller, "certificate.revoke", next);
            if (next.CaId is { } caId)
                change = change with { AlsoWrites = [await revocations.CountOneMoreAsync(caId, cancellationToken)] };
            return await SaveAsync(caller, next, IssuerLine.None, change, cancellationToken);
        });
    }

    /// <inheritdoc/>
    public async Task<CertificateView> GetAsync(Caller caller)
    {
        var current = await DemandExistingAsync(caller, CancellationToken.None);
        return current.ToView(await authorities.ReadLineOfAsync(current, CancellationToken.None), time.GetUtcNow());
    }

    /// <inheritdoc/>
    public async Task<CertificateFile> ExportAsync(
        Caller caller, CertificateFormat format, CancellationToken cancellationToken)
    {
        var current = await DemandExistingAsync(caller, cancellationToken);
        var file = reader.Write(DemandIssued(current), format, Id);
        var export = Describe(caller, "certificate.export", current);
        var outcome = await ledger.CommitAsync(
            new LedgerElement { Entry = export.Entry, ReadSet = export.ReadSet, Until = export.Until }, cancellationToken);
        return outcome is CommitOutcome.Committed ? file : throw new CommitRefusedException(outcome);
    }

    /// <inheritdoc/>
    public async Task<CertificateFile> GetFileAsync(CertificateFormat format) =>
        reader.Write(DemandIssued(await DemandExistingAsync(CancellationToken.None)), format, Id);

    /// <inheritdoc/>
    public async Task<CertificateFile> GetPublicKeyAsync()
    {
        var current = await DemandExistingAsync(CancellationToken.None);
        var pem = PemEncoding.WriteString("PUBLIC KEY", current.PublicKey.Span) + '\n';
        return new CertificateFile("application/x-pem-file", Id + ".pub.pem", Encoding.ASCII.GetBytes(pem));
    }

    /// <inheritdoc/>
    public async Task<CertificateFacts?> GetFactsAsync()
    {
        await state.ReadStateAsync(CancellationToken.None);
        if (!state.RecordExists)
            return null;
        var (current, version) = (state.State, state.VersionOf(StateTypes.Certificate, Id));
        return current.ToFacts(version, await authorities.ReadLineOfAsync(current, CancellationToken.None));
    }

    private string NewKeyId() => EntityId.New(IdPrefixes.Key, time);

    private CertificateState NewState(
        Caller caller, DateTimeOffset now, CustodyKey key, string subject, CertificateStage stage) => new()
        {
            Id = Id,
            Subject = subject,
            KeyId = key.Id,
            KeyAlgorithm = key.Algorithm,
            PublicKey = key.SubjectPublicKeyInfo,
            Stage = stage,
            CreatedAt = now,
            CreatedBy = caller.ToRef(),
        };

    private PendingChange Describe(Caller caller, string action, CertificateState next) => Change.By(
        caller,
        action,
        StateTypes.Certificate,
        Id,
        new
        {
            next.Subject,
            KeyAlgorithm = next.KeyAlgorithm.ToWireName(),
            next.CaId,
            next.Issued?.SerialNumber,
            next.Issued?.Thumbprint,
            next.Issued?.NotAfter,
            next.Revocation?.Reason,
        },
        time);

    private async Task<CertificateView> SaveAsync(
        Caller caller, CertificateState next, IssuerLine line, PendingChange change, CancellationToken cancellationToken)
    {
        var view = next.ToView(line, time.GetUtcNow());
        try
        {
            await state.WriteRecordedAsync(next, change.Answering(caller, view), cancellationToken);
            return view;
        }
        catch (CommitRefusedException refused) when (refused.Reason == CommitRefusal.NameTaken)
        {
            throw new RefusedException(ErrorCode.Conflict, "This very certificate is here already, under another id.");
        }
    }

    private async Task DemandNewAsync(Caller caller, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandAdministrator(caller);
        if (!EntityId.Is(IdPrefixes.Certificate, Id))
            throw new RefusedException(ErrorCode.InvalidRequest, "A certificate's id begins with 'crt_'.");
        await state.ReadStateAsync(cancellationToken);
        if (state.RecordExists)
            throw new RefusedException(ErrorCode.Conflict, "There is a certificate of this id already.");
    }

    private async Task<CertificateState> DemandExistingAsync(Caller caller, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandAdministrator(caller);
        return await DemandExistingAsync(cancellationToken);
    }

    // Read anew: another node may hold this grain too, and have written.
    private async Task<CertificateState> DemandExistingAsync(CancellationToken cancellationToken)
    {
        await state.ReadStateAsync(cancellationToken);
        if (state.RecordExists)
            return state.State;

        DeactivateOnIdle();
        throw new RefusedException(ErrorCode.NotFound, "There is no certificate of this id.");
    }

    private static ChainedCertificate DemandIssued(CertificateState certificate) => certificate.Issued
        ?? throw new RefusedException(ErrorCode.WrongState, "The external CA still owes this certificate. Install it first.");
}
