using System.Collections.Immutable;
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

/// <summary>A certificate issued but not yet stored.</summary>
/// <param name="State">The certificate.</param>
/// <param name="Line">The internal CAs above it.</param>
/// <param name="Change">Its entry, read set and writes, to be committed alone or together with its signer.</param>
/// <param name="Key">Its key.</param>
/// <param name="Findings">How it compares with publicly trusted ones.</param>
public sealed record DraftedCertificate(
    CertificateState State, IssuerLine Line, LedgerElement Change, CustodyKey Key, ImmutableArray<ProfileFinding> Findings)
{
    /// <summary>Its facts for decisions once it is stored.</summary>
    public CertificateFacts ToFacts() => State.ToFacts(new StateVersion(StateTypes.Certificate, State.Id, 1), Line);
}

/// <summary>Manages code-signing certificates and their keys in the vault.</summary>
/// <remarks>
/// Product administrators only, unless stated otherwise. Every method refuses with <see cref="RefusedException"/>.
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
    /// <summary>Generates a key and issues a code-signing certificate for it from an internal CA.</summary>
    public Task<CertificateView> IssueAsync(
        Caller caller, IssueCertificate request, CancellationToken cancellationToken) =>
        FreshDecision.MakeAsync(rounds: 2, async () =>
        {
            var draft = await DraftAsync(caller, request, "ttlDays", cancellationToken);
            return await SaveDraftAsync(
                draft, () => SaveAsync(caller, draft.State, draft.Line, draft.Change, cancellationToken));
        });

    /// <summary>Saves a draft; if that is refused, its key is discarded.</summary>
    public Task<T> SaveDraftAsync<T>(DraftedCertificate draft, Func<Task<T>> save) => maker.KeepIfSavedAsync(draft.Key, save);

    /// <summary>Issues a certificate without storing it, so that it can be committed with other acts.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="request">The certificate.</param>
    /// <param name="daysField">The field of the body that has the days of validity.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<DraftedCertificate> DraftAsync(
        Caller caller, IssueCertificate request, string daysField, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var commonName = CertificateRules.CommonName(request.CommonName);
        var algorithm = CertificateRules.Algorithm(request.KeyAlgorithm);
        var life = CertificateRules.Life(request.TtlDays, CertificateRules.LongestLeafDays, daysField);
        var line = await authorities.ResolveLineAsync(request.CaId, "caId", cancellationToken);
        var now = time.GetUtcNow();
        line.RequireIssuing(now);
        var order = new CertificateOrder(NewKeyId(), algorithm, commonName, life, CertificateRules.Custody(request.Custody));
        var made = await maker.MakeLeafAsync(order, line.Nearest.ToIssuer(options), cancellationToken);
        var certificate = CertificateChange.New(
            caller, made.Key, made.Subject, new CertificateStage.Active(made.Certificate), time) with
        {
            CaId = line.Nearest.Id,
        };
        var change = CertificateChange.Create(
            caller, "certificate.issue", certificate, made.Key, Changes.Making(certificate.ToRecord()), time);
        return new DraftedCertificate(certificate, line, line.AddTo(change), made.Key, reader.Judge(certificate));
    }

    /// <summary>Generates a key and a certificate signing request for an external CA.</summary>
    public async Task<SigningRequestView> CreateSigningRequestAsync(
        Caller caller, CreateSigningRequest request, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var subject = CertificateRules.Subject(request.Subject);
        var algorithm = CertificateRules.Algorithm(request.KeyAlgorithm);
        var made = await maker.MakeSigningRequestAsync(
            NewKeyId(), subject, algorithm, CertificateRules.Custody(request.Custody), cancellationToken);
        var certificate = CertificateChange.New(
            caller, made.Key, made.Subject, new CertificateStage.Awaiting(made.CsrPem), time);
        var change = CertificateChange.Create(
            caller, "certificate.request", certificate, made.Key, Changes.Making(certificate.ToRecord()), time);
        var view = new SigningRequestView(certificate.Id, made.CsrPem);
        return await maker.KeepIfSavedAsync(made.Key, async () =>
        {
            await ledger.RecordAsync(change.Answering(caller, view), cancellationToken);
            return view;
        });
    }

    /// <summary>
    /// Installs the code-signing certificate that the external CA issued for this key. The same certificate again, with
    /// other CA certificates, replaces its chain: a CA's certificate may expire before it does.
    /// </summary>
    public Task<CertificateView> InstallAsync(
        Caller caller, string id, InstallCertificate request, CancellationToken cancellationToken) =>
        FreshDecision.MakeAsync(rounds: 2, async () =>
        {
            var row = await FindAsync(caller, id, cancellationToken);
            var (subject, certificate) = reader.Read(request.CertificatePem, request.ChainPem, row.State.PublicKey);
            var isSame = row.State.Issued?.Thumbprint == certificate.Thumbprint;
            if (isSame && !ReplacesChain(row.State, request, certificate))
            {
                return await ViewAsync(row.State, cancellationToken);
            }

            CertificateRules.RequireCurrent(certificate, time.GetUtcNow());
            var next = isSame ? row.State.ReplaceChain(certificate) : row.State.Install(subject, certificate);
            var change = Describe(caller, isSame ? "certificate.chain" : "certificate.install", row, next);
            return await SaveAsync(caller, next, IssuerLine.None, change, cancellationToken);
        });

    /// <summary>Revokes a certificate; in force for every signature that begins after this returns.</summary>
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

            var line = await authorities.ReadLineOfAsync(next, cancellationToken);
            return await SaveAsync(caller, next, line, change, cancellationToken);
        });

    /// <summary>One certificate.</summary>
    public async Task<CertificateView> GetAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        await ViewAsync((await FindAsync(caller, id, cancellationToken)).State, cancellationToken);

    /// <summary>One certificate, for a caller that its signer has authorized to read it.</summary>
    public async Task<CertificateView> GetOfSignerAsync(string id, CancellationToken cancellationToken) =>
        await ViewAsync((await FindAsync(id, cancellationToken)).State, cancellationToken);

    /// <summary>Exports a certificate, and records that in the ledger.</summary>
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

    /// <summary>
    /// A certificate file for a caller that the signer has authorized. Not recorded, since certificates are public.
    /// </summary>
    public async Task<CertificateFile> GetFileAsync(string id, CertificateFormat format, CancellationToken cancellationToken) =>
        reader.Write(RequireIssued((await FindAsync(id, cancellationToken)).State), format, id);

    /// <summary>A certificate's public key as PEM (SubjectPublicKeyInfo).</summary>
    public async Task<CertificateFile> GetPublicKeyAsync(string id, CancellationToken cancellationToken)
    {
        var certificate = (await FindAsync(id, cancellationToken)).State;
        var pem = PemEncoding.WriteString("PUBLIC KEY", certificate.PublicKey.Span) + '\n';
        return new CertificateFile("application/x-pem-file", id + ".pub.pem", Encoding.ASCII.GetBytes(pem));
    }

    // The certificate alone, as when an installation is repeated without its chain, takes nothing away.
    private static bool ReplacesChain(CertificateState state, InstallCertificate request, ChainedCertificate certificate) =>
        state.CaId is null
        && certificate.ChainPem != state.Issued!.ChainPem
        && (certificate.ChainPem.Length > 0 || request.ChainPem is not null);

    private async Task<CertificateView> ViewAsync(CertificateState certificate, CancellationToken cancellationToken) =>
        certificate.ToView(await authorities.ReadLineOfAsync(certificate, cancellationToken), reader, time.GetUtcNow());

    private string NewKeyId() => EntityId.New(IdPrefixes.Key, time);

    private LedgerElement Describe(Caller caller, string action, Row<CertificateState> row, CertificateState next) =>
        Change
            .By(caller, action, StateTypes.Certificate, next.Id, Changes.Between(row.State.ToRecord(), next.ToRecord()), time)
            .Writing(row.Replace(next));

    private async Task<CertificateView> SaveAsync(
        Caller caller, CertificateState next, IssuerLine line, LedgerElement change, CancellationToken cancellationToken)
    {
        var view = next.ToView(line, reader, time.GetUtcNow());
        await ledger.RecordAsync(
            change.Answering(caller, view), ErrorCode.Conflict, CertificateChange.AlreadyExists, cancellationToken);
        return view;
    }

    private Task<Row<CertificateState>> FindAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        return FindAsync(id, cancellationToken);
    }

    private async Task<Row<CertificateState>> FindAsync(string id, CancellationToken cancellationToken) =>
        await store.FindAsync<CertificateState>(StateTypes.Certificate, id, cancellationToken)
        ?? throw new RefusedException(ErrorCode.NotFound, "The certificate does not exist.");

    private static ChainedCertificate RequireIssued(CertificateState certificate) => certificate.Issued
        ?? throw new RefusedException(ErrorCode.WrongState, "Certificate not yet issued by the external CA: install it first.");
}

/// <summary>Retries decisions whose read set was stale at the commit.</summary>
internal static class FreshDecision
{
    /// <summary>
    /// Makes and commits a decision. The last refusal, and any refusal that a retry cannot resolve, is thrown.
    /// </summary>
    /// <param name="rounds">
    /// The maximum number of attempts. Of concurrent writers of a row, one succeeds per attempt.
    /// </param>
    /// <param name="decide">Reads the facts, decides and commits.</param>
    /// <remarks>All attempts fail if the caller was changed or signed out; the gateway then authenticates again.</remarks>
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
                // Decide again with current facts.
            }
        }
    }
}
