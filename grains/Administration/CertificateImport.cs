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
/// Imports certificates with existing keys. A key that already belongs to another certificate is accepted only if the
/// request allows it: stopping or restricting one signer has no effect on another that signs with the same key.
/// </summary>
/// <remarks>Product administrators only. Every method refuses with <see cref="RefusedException"/>.</remarks>
public sealed class CertificateImport(
    ICertificateMaker maker,
    ICertificateReader reader,
    CertificatesOfKey certificates,
    SignersOfKey signers,
    IStateStore store,
    ILedger ledger,
    TimeProvider time)
{
    // Of concurrent imports of one key, one succeeds per round.
    private const int Rounds = 4;

    /// <summary>Refuses callers that may not import certificates.</summary>
    public static void RequireImporter(Caller caller) => ProductAuthority.RequireAdministrator(caller);

    /// <summary>Imports a certificate and its key.</summary>
    /// <exception cref="RefusedException">
    /// <c>KeyInUse</c>: the key belongs to another certificate and the request does not allow that, or it belongs to an
    /// internal CA; <c>Conflict</c>: the certificate already exists.
    /// </exception>
    public async Task<CertificateView> ImportAsync(
        Caller caller, ImportCertificate request, CancellationToken cancellationToken)
    {
        RequireImporter(caller);
        CertificateRules.Import(request);
        var made = await maker.ImportAsync(EntityId.New(IdPrefixes.Key, time), request, cancellationToken);
        CertificateRules.RequireCurrent(made.Certificate, time.GetUtcNow());
        return await FreshDecision.MakeAsync(Rounds, () => SaveAsync(caller, made, request.AllowSharedKey, cancellationToken));
    }

    private async Task<CertificateView> SaveAsync(
        Caller caller, MadeCertificate made, bool allowSharedKey, CancellationToken cancellationToken)
    {
        // The count is read before the search: a concurrent import is found, or makes this commit stale.
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
        var view = certificate.ToView(IssuerLine.None, reader, time.GetUtcNow());
        var change = CertificateChange.Create(caller, "certificate.import", certificate, made.Key, changes, time);
        await ledger.RecordAsync(
            change.Writing(counted).Answering(caller, view),
            ErrorCode.Conflict,
            CertificateChange.AlreadyExists,
            cancellationToken);
        return view;
    }
}

/// <summary>Refusals of imported keys that are in use. Product administrators may see everything named.</summary>
internal static class KeyInUse
{
    private const int MostNamed = 20;

    /// <summary>The key belongs to other certificates, and the request does not allow that.</summary>
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
            $"The private key already belongs to certificate {first.CertificateId}{SignersOf(first)}{(more == 0 ? "" : $", and to {more} more")}: "
            + "import a certificate with another key, or, to renew that certificate or share its key, "
            + "repeat the request with 'allowSharedKey': true.")
        {
            Members = ImmutableDictionary<string, string>.Empty.Add(
                "sharedKeyWith", JsonSerializer.Serialize(sharing, ContractJson.Options)),
        };
    }

    /// <summary>The key belongs to an internal CA, which no request can allow.</summary>
    public static RefusedException ByAuthority(CertificateAuthorityState authority) => new(
        ErrorCode.KeyInUse,
        $"The private key belongs to the internal CA '{authority.CommonName}' ({authority.Id}): "
        + "import a certificate with another key, and revoke the CA, since its key is known outside this server.");

    private static string SignersOf(SharedKey shared) => shared.Signers switch
    {
        [] => "",
        [var name] => $", of signer '{name}'",
        var names => $", of signers {string.Join(", ", names.Select(name => $"'{name}'"))}",
    };

    private sealed record SharedKey(string CertificateId, string Subject, ImmutableArray<string> Signers);
}

/// <summary>
/// The number of imports of a key, under the SHA-256 of its SubjectPublicKeyInfo. It is written in the commit of every
/// import, so of two concurrent imports of a key the second is decided again. The rows of the certificates, not this
/// one, show which share a key: keys of earlier releases have no such row.
/// </summary>
/// <param name="Imports">The number of imports.</param>
public sealed record ImportedKeyState(long Imports) : IIndexedState
{
    /// <inheritdoc/>
    public StateIndex ToIndex() => StateIndex.None;

    /// <summary>The write that increments the count read now.</summary>
    internal static async Task<StateWrite> CountOneMoreAsync(
        IStateStore store, ReadOnlyMemory<byte> publicKey, CancellationToken cancellationToken)
    {
        var id = Convert.ToHexStringLower(SHA256.HashData(publicKey.Span));
        return await store.FindAsync<ImportedKeyState>(StateTypes.ImportedKey, id, cancellationToken) is { } row
            ? row.Replace(new ImportedKeyState(row.State.Imports + 1))
            : StateWrite.New(StateTypes.ImportedKey, id, new ImportedKeyState(1));
    }
}
