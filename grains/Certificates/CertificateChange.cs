using System.Collections.Immutable;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Certificates;

/// <summary>Stores new certificates with their keys.</summary>
internal static class CertificateChange
{
    /// <summary>The refusal of a certificate that is already stored.</summary>
    public const string AlreadyExists = "The certificate already exists under another id.";

    /// <summary>A new certificate state with a new id.</summary>
    public static CertificateState New(
        Caller caller, CustodyKey key, string subject, CertificateStage stage, TimeProvider time) => new()
        {
            Id = EntityId.New(IdPrefixes.Certificate, time),
            Subject = subject,
            KeyId = key.Id,
            KeyAlgorithm = key.Algorithm,
            PublicKey = key.SubjectPublicKeyInfo,
            Custody = key.Custody,
            Stage = stage,
            CreatedAt = time.GetUtcNow(),
            CreatedBy = caller.ToRef(),
        };

    /// <summary>The act that stores a certificate together with its sealed key.</summary>
    public static LedgerElement Create(
        Caller caller, string action, CertificateState certificate, CustodyKey key, Changes changes, TimeProvider time) =>
        Change.By(caller, action, StateTypes.Certificate, certificate.Id, changes, time)
            .Writing(StateWrite.New(StateTypes.Certificate, certificate.Id, certificate), key.Sealed);
}

/// <summary>Keeps HSMs free of keys that nothing refers to.</summary>
internal static class NewKeys
{
    /// <summary>Saves what refers to a new key; if that is refused, so that nothing does, the key is discarded.</summary>
    public static async Task<T> KeepIfSavedAsync<T>(this ICertificateMaker maker, CustodyKey key, Func<Task<T>> save)
    {
        try
        {
            return await save();
        }
        catch (Exception refused) when (refused is CommitRefusedException or RefusedException)
        {
            await maker.DiscardAsync(key);
            throw;
        }
    }
}

/// <summary>
/// Finds the certificates of a key in any status. It reads the sealed content of all rows, so that a changed index
/// column hides none.
/// </summary>
public sealed class CertificatesOfKey(IStateStore store, ICertificateReader reader)
{
    /// <summary>
    /// The code-signing certificates of a key, including those not yet issued, expired or revoked; newest first.
    /// </summary>
    /// <param name="publicKey">The public key as DER (SubjectPublicKeyInfo).</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public async Task<ImmutableArray<CertificateState>> FindAsync(
        ReadOnlyMemory<byte> publicKey, CancellationToken cancellationToken)
    {
        var found = ImmutableArray.CreateBuilder<CertificateState>();
        await foreach (var row in store.ReadAllAsync<CertificateState>(new StateQuery(StateTypes.Certificate), cancellationToken))
        {
            if (row.State.PublicKey.Span.SequenceEqual(publicKey.Span))
            {
                found.Add(row.State);
            }
        }

        return found.ToImmutable();
    }

    /// <summary>The internal CA with this key; null if there is none.</summary>
    /// <param name="publicKey">The public key as DER (SubjectPublicKeyInfo).</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public async Task<CertificateAuthorityState?> FindAuthorityAsync(
        ReadOnlyMemory<byte> publicKey, CancellationToken cancellationToken)
    {
        var query = new StateQuery(StateTypes.CertificateAuthority);
        await foreach (var row in store.ReadAllAsync<CertificateAuthorityState>(query, cancellationToken))
        {
            if (reader.ReadPublicKey(row.State.Certificate).Span.SequenceEqual(publicKey.Span))
            {
                return row.State;
            }
        }

        return null;
    }
}
