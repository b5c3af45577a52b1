using System.Security.Cryptography;
using System.Text;
using CodeSigning.Certificates;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Certificates;

/// <summary>A certificate that was issued and is not stored yet.</summary>
/// <param name="State">The certificate.</param>
/// <param name="Line">The internal CAs above it.</param>
/// <param name="Change">Its entry, its read set and its rows, to be committed alone or with the signer that it is made for.</param>
public sealed record DraftedCertificate(CertificateState State, IssuerLine Line, LedgerElement Change)
{
    /// <summary>What decisions will need to know of it once it is stored.</summary>
    public CertificateFacts ToFacts() => State.ToFacts(new StateVersion(StateTypes.Certificate, State.Id, 1), Line);
}

/// <summary>Code-signing certificates and the names of their keys in the vault.</summary>
/// <remarks>
/// Product administrators only, but for what says otherwise. Everything here refuses with <see cref="RefusedException"/>.
/// </remarks>
public sealed class CertificateService(
    IStateStore store,
    ILedger ledger,
    ICertificateMaker maker,
    ICertificateReader reader,
    CertificateAuthorities authorities,
    RevocationRegister revocations,
    PkiOptions options,
    TimeProvider time)
{
    /// <summary>Makes a key and has an internal CA issue a code-signing certificate for it.</summary>
    public Task<CertificateView> IssueAsync(
        Caller caller, IssueCertificate request, CancellationToken cancellationToken) =>
        FreshDecision.MakeAsync(rounds: 2, async () =>
        {
            var draft = await DraftAsync(caller, request, cancellationToken);
            return await SaveAsync(caller, draft.State, draft.Line, draft.Change, cancellationToken);
        });

    /// <summary>The same without storing it, for what is committed together with the certificate.</summary>
    public async Task<DraftedCertificate> DraftAsync(
        Caller caller, IssueCertificate request, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var commonName = CertificateRules.CommonName(request.CommonName);
        var algorithm = CertificateRules.Algorithm(request.KeyAlgorithm);
        var life = CertificateRules.Life(request.TtlDays, CertificateRules.LongestLeafDays);
        var line = await authorities.ReadLineAsync(request.CaId, cancellationToken)
            ?? throw new RefusedException(ErrorCode.NotFound, "There is no CA of this caId.");
        var now = time.GetUtcNow();
        line.RequireIssuing(now);
        var order = new CertificateOrder(NewKeyId(), algorithm, commonName, life);
        var made = await maker.MakeLeafAsync(order, line.Nearest.ToIssuer(options), cancellationToken);
        var certificate = CertificateChange.New(
            caller, made.Key, made.Subject, new CertificateStage.Active(made.Certificate), time) with
        {
            CaId = line.Nearest.Id,
        };
        var change = CertificateChange.Create(
            caller, "certificate.issue", certificate, made.Key, Changes.Making(certificate.ToRecord()), time);
        return new DraftedCertificate(certificate, line, line.AddTo(change));
    }

    /// <summary>Makes a key and a request for an external CA.</summary>
    public async Task<SigningRequestView> CreateSigningRequestAsync(
        Caller caller, CreateSigningRequest request, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var subject = CertificateRules.Subject(request.Subject);
        var algorithm = CertificateRules.Algorithm(request.KeyAlgorithm);
        var made = await maker.MakeSigningRequestAsync(NewKeyId(), subject, algorithm, cancellationToken);
        var certificate = CertificateChange.New(
            caller, made.Key, made.Subject, new CertificateStage.Awaiting(made.CsrPem), time);
        var change = CertificateChange.Create(
            caller, "certificate.request", certificate, made.Key, Changes.Making(certificate.ToRecord()), time);
        var view = new SigningRequestView(certificate.Id, made.CsrPem);
        await ledger.RecordAsync(change.Answering(caller, view), cancellationToken);
        return view;
    }

    /// <summary>Takes the certificate that the external CA issued; it must be for this key and may sign code.</summary>
    public Task<CertificateView> InstallAsync(
        Caller caller, string id, InstallCertificate request, CancellationToken cancellationToken) =>
        FreshDecision.MakeAsync(rounds: 2, async () =>
        {
            var row = await FindAsync(caller, id, cancellationToken);
            var (subject, certificate) = reader.Read(request.CertificatePem, request.ChainPem, row.State.PublicKey);
            if (row.State.Stage is CertificateStage.Active active && active.Certificate.Thumbprint == certificate.Thumbprint)
            {
                return row.State.ToView(IssuerLine.None, time.GetUtcNow());
            }

            var next = row.State.Install(subject, certificate);
            var change = Describe(caller, "certificate.install", row, next);
            return await SaveAsync(caller, next, IssuerLine.None, change, cancellationToken);
        });

    /// <summary>Revokes a certificate; holds for every signature that begins after this returns.</summary>
    public Task<CertificateView> RevokeAsync(
        Caller caller, string id, RevokeCertificate request, CancellationToken cancellationToken) =>
        FreshDecision.MakeAsync(RevocationRegister.Rounds, async () =>
        {
            var row = await FindAsync(caller, id, cancellationToken);
            var next = row.State.Revoke(new Revocation(time.GetUtcNow(), request.Reason));
            var change = Describe(caller, "certificate.revoke", row, next);
            if (next.CaId is { } caId)
            {
                change = change.Writing(await revocations.CountOneMoreAsync(caId, cancellationToken));
            }

            return await SaveAsync(caller, next, IssuerLine.None, change, cancellationToken);
        });

    /// <summary>One certificate.</summary>
    public async Task<CertificateView> GetAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        var certificate = (await FindAsync(caller, id, cancellationToken)).State;
        return certificate.ToView(await authorities.ReadLineOfAsync(certificate, cancellationToken), time.GetUtcNow());
    }

    /// <summary>A certificate taken out; an entry in the ledger tells of it.</summary>
    public async Task<CertificateFile> ExportAsync(
        Caller caller, string id, CertificateFormat format, CancellationToken cancellationToken)
    {
        var certificate = (await FindAsync(caller, id, cancellationToken)).State;
        var file = reader.Write(RequireIssued(certificate), format, id);
        var exported = Changes.None.Saying("exported", new { Format = format, certificate.Issued?.Thumbprint });
        await ledger.RecordAsync(
            Change.By(caller, "certificate.export", StateTypes.Certificate, id, exported, time), cancellationToken);
        return file;
    }

    /// <summary>A certificate as a file, for a caller whose right to it has been decided by the signer. Not an entry: it is public.</summary>
    public async Task<CertificateFile> GetFileAsync(string id, CertificateFormat format, CancellationToken cancellationToken) =>
        reader.Write(RequireIssued((await FindAsync(id, cancellationToken)).State), format, id);

    /// <summary>A certificate's public key as PEM (SubjectPublicKeyInfo).</summary>
    public async Task<CertificateFile> GetPublicKeyAsync(string id, CancellationToken cancellationToken)
    {
        var certificate = (await FindAsync(id, cancellationToken)).State;
        var pem = PemEncoding.WriteString("PUBLIC KEY", certificate.PublicKey.Span) + '\n';
        return new CertificateFile("application/x-pem-file", id + ".pub.pem", Encoding.ASCII.GetBytes(pem));
    }

    private string NewKeyId() => EntityId.New(IdPrefixes.Key, time);

    private LedgerElement Describe(Caller caller, string action, Row<CertificateState> row, CertificateState next) =>
        Change
            .By(caller, action, StateTypes.Certificate, next.Id, Changes.Between(row.State.ToRecord(), next.ToRecord()), time)
            .Writing(row.Replace(next));

    private async Task<CertificateView> SaveAsync(
        Caller caller, CertificateState next, IssuerLine line, LedgerElement change, CancellationToken cancellationToken)
    {
        var view = next.ToView(line, time.GetUtcNow());
        await ledger.RecordAsync(
            change.Answering(caller, view), ErrorCode.Conflict, CertificateChange.HereAlready, cancellationToken);
        return view;
    }

    private Task<Row<CertificateState>> FindAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        return FindAsync(id, cancellationToken);
    }

    private async Task<Row<CertificateState>> FindAsync(string id, CancellationToken cancellationToken) =>
        await store.FindAsync<CertificateState>(StateTypes.Certificate, id, cancellationToken)
        ?? throw new RefusedException(ErrorCode.NotFound, "There is no certificate of this id.");

    private static ChainedCertificate RequireIssued(CertificateState certificate) => certificate.Issued
        ?? throw new RefusedException(ErrorCode.WrongState, "Certificate not yet issued by the external CA. Install it first.");
}

/// <summary>Makes a decision again when what it rested on changed before it could be committed.</summary>
internal static class FreshDecision
{
    /// <summary>Makes and commits a decision; the last refusal passes through, as does one that another round cannot help.</summary>
    /// <param name="rounds">How often at most. Each round of those who write the same row lets one of them pass.</param>
    /// <param name="decide">Reads the facts, decides and commits.</param>
    /// <remarks>A caller who was changed or signed out fails all rounds. It is the gateway's to authenticate again.</remarks>
    public static async Task<T> MakeAsync<T>(int rounds, Func<Task<T>> decide)
    {
        for (var round = 1; ; round++)
        {
            try
            {
                return await decide();
            }
            catch (CommitRefusedException refused) when (refused.Reason == CommitRefusal.Stale && round < rounds)
            {
                // Decided again with fresh facts.
            }
        }
    }
}
