using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using CodeSigning.Certificates;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Administration;

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
    public static void RequireImporter(Caller caller) => ProductAuthority.RequireAdministrator(caller);

    /// <summary>Brings a certificate and its key in.</summary>
    /// <exception cref="RefusedException">
    /// <c>KeyInUse</c>: the key is another certificate's, and the request does not allow that, or it is an internal CA's;
    /// <c>Conflict</c>: this very certificate is here.
    /// </exception>
    public async Task<CertificateView> ImportAsync(
        Caller caller, ImportCertificate request, CancellationToken cancellationToken)
    {
        RequireImporter(caller);
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
            throw new RefusedException(ErrorCode.Conflict, CertificateChange.AlreadyExists);
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
            CertificateChange.AlreadyExists,
            cancellationToken);
        return view;
    }
}

/// <summary>What is said where a key that is brought in is here already, to a product administrator, who may see all that is named.</summary>
internal static class KeyInUse
{
    private const int MostNamed = 20;

    /// <summary>It is other certificates', which the request did not allow.</summary>
    public static RefusedException ByCertificates(
        ImmutableArray<CertificateState> certificates, ImmutableArray<SignerState> signers)
    {
        var names = signers.ToLookup(signer => signer.CertificateId, signer => signer.Name);
        var sharing = certificates.Take(MostNamed)
            .Select(certificate => new SharedKey(
                certificate.Id, certificate.Subject, [.. names[certificate.Id].Order(StringComparer.Ordinal).Take(MostNamed)]))
            .ToImmutableArray();
        var (first, more) = (sharing[0], certificates.Length - 1);
        return new RefusedException(
            ErrorCode.KeyInUse,
            $"The private key is that of certificate {first.CertificateId} already{SignersOf(first)}{(more == 0 ? "" : $", and of {more} more")}. "
            + "Import a certificate with a key of its own, or, where this one renews that certificate or the two are to share the key, "
            + "repeat the request with allowSharedKey: true.")
        {
            Members = ImmutableDictionary<string, string>.Empty.Add(
                "sharedKeyWith", JsonSerializer.Serialize(sharing, ContractJson.Options)),
        };
    }

    /// <summary>It is an internal CA's, which no request can allow.</summary>
    public static RefusedException ByAuthority(CertificateAuthorityState authority) => new(
        ErrorCode.KeyInUse,
        $"The private key is that of the CA '{authority.CommonName}' ({authority.Id}), which issues certificates and signs no code. "
        + "Import a certificate with a key of its own, and revoke the CA: its key is known outside of this server.");

    private static string SignersOf(SharedKey shared) => shared.Signers switch
    {
        [] => "",
        [var name] => $", of signer '{name}'",
        var names => $", of signers {string.Join(", ", names.Select(name => $"'{name}'"))}",
    };

    private sealed record SharedKey(string CertificateId, string Subject, ImmutableArray<string> Signers);
}

/// <summary>
/// How often a key was brought in, under the SHA-256 of its SubjectPublicKeyInfo. It is written in the commit of every
/// import, so that of two imports of one key at the same time the second is decided again. Which certificates share the key
/// their own rows tell: keys of before this row was kept have none.
/// </summary>
/// <param name="Imports">How often.</param>
public sealed record ImportedKeyState(long Imports) : IIndexedState
{
    /// <inheritdoc/>
    public StateIndex ToIndex() => StateIndex.None;

    /// <summary>The write that counts one more import of a key, as it was counted when this is called.</summary>
    internal static async Task<StateWrite> CountOneMoreAsync(
        IStateStore store, ReadOnlyMemory<byte> publicKey, CancellationToken cancellationToken)
    {
        var id = Convert.ToHexStringLower(SHA256.HashData(publicKey.Span));
        return await store.FindAsync<ImportedKeyState>(StateTypes.ImportedKey, id, cancellationToken) is { } row
            ? row.Replace(new ImportedKeyState(row.State.Imports + 1))
            : StateWrite.New(StateTypes.ImportedKey, id, new ImportedKeyState(1));
    }
}
