using System.Collections.Immutable;
using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Certificates;

/// <summary>
/// Finds the certificates of a key, whatever became of them. All are looked at, by their sealed content: a column that
/// somebody changed hides none.
/// </summary>
public sealed class CertificatesOfKey(IStateStore store, ICertificateReader reader)
{
    /// <summary>The code-signing certificates of a key, owed, expired and revoked ones too; newest first.</summary>
    /// <param name="publicKey">The key as stored certificates have it (SubjectPublicKeyInfo, DER).</param>
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

    /// <summary>The internal CA of a key; null where it is none's.</summary>
    /// <param name="publicKey">The key as stored certificates have it (SubjectPublicKeyInfo, DER).</param>
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
