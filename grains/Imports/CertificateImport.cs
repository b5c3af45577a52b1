using System.Collections.Immutable;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Imports;

/// <summary>
/// Brings certificates in with keys that were made elsewhere. A key that is another certificate's already comes in only where
/// the request says so: what stops one signer, or binds it to a policy, says nothing of another that signs with its key.
/// </summary>
/// <remarks>Product administrators only. Everything here refuses with <see cref="RefusedException"/>.</remarks>
public sealed class CertificateImport(
    ICertificateMaker maker,
    CertificatesOfKey certificates,
    SignersOfKey signers,
    IStateStore store,
    ILedger ledger,
    TimeProvider time)
{
    // Of those who import one key at once, each round lets one pass.
    private const int Rounds = 4;

    /// <summary>Refuses all who may not bring a certificate in.</summary>
    public static void DemandImporter(Caller caller) => ProductAuthority.DemandAdministrator(caller);

    /// <summary>Brings a certificate and its key in.</summary>
    /// <exception cref="RefusedException">
    /// <c>KeyInUse</c>: the key is another certificate's, and the request does not allow that, or it is an internal CA's;
    /// <c>Conflict</c>: this very certificate is here.
    /// </exception>
    public async Task<CertificateView> ImportAsync(
        Caller caller, ImportCertificate request, CancellationToken cancellationToken)
    {
        DemandImporter(caller);
        CertificateRules.Import(request);
        var made = await maker.ImportAsync(EntityId.New(IdPrefixes.Key, time), request, cancellationToken);
        if (time.GetUtcNow() >= made.Certificate.NotAfter)
        {
            throw new RefusedException(ErrorCode.CertificateExpired, "This certificate has expired. Import a current one.");
        }

        return await FreshDecision.MakeAsync(Rounds, () => SaveAsync(caller, made, request.AllowSharedKey, cancellationToken));
    }

    private async Task<CertificateView> SaveAsync(
        Caller caller, MadeCertificate made, bool allowSharedKey, CancellationToken cancellationToken)
    {
        // Counted before it is searched for: an import in between is found, or refuses this commit.
        var publicKey = made.Key.SubjectPublicKeyInfo;
        var counted = await ImportedKeyState.CountOneMoreAsync(store, publicKey, cancellationToken);
        var others = await certificates.FindAsync(publicKey, cancellationToken);
        if (others.Any(other => other.Issued?.Thumbprint == made.Certificate.Thumbprint))
        {
            throw new RefusedException(ErrorCode.Conflict, CertificateChange.HereAlready);
        }

        if (await certificates.FindAuthorityAsync(publicKey, cancellationToken) is { } authority)
        {
            throw KeyInUse.ByAuthority(authority);
        }

        if (!others.IsEmpty && !allowSharedKey)
        {
            throw KeyInUse.ByCertificates(others, await signers.FindAsync(others, cancellationToken));
        }

        return await RecordAsync(caller, made, others, counted, cancellationToken);
    }

    private async Task<CertificateView> RecordAsync(
        Caller caller,
        MadeCertificate made,
        ImmutableArray<CertificateState> others,
        StateWrite counted,
        CancellationToken cancellationToken)
    {
        var certificate = CertificateChange.New(
            caller, made.Key, made.Subject, new CertificateStage.Active(made.Certificate), time);
        var changes = Changes.Making(certificate.ToRecord()).Adding("sharedKeyWith", others.Select(other => other.Id));
        var view = certificate.ToView(IssuerLine.None, time.GetUtcNow());
        var change = CertificateChange.Create(caller, "certificate.import", certificate, made.Key, changes, time);
        await ledger.RecordAsync(
            change.Writing(counted).Answering(caller, view),
            ErrorCode.Conflict,
            CertificateChange.HereAlready,
            cancellationToken);
        return view;
    }
}
