using System.Collections.Immutable;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Signers;

/// <summary>
/// Finds the signers that use a key through any of its certificates. It reads the sealed content of all rows, so that a
/// changed index column hides none.
/// </summary>
public sealed class SignersOfKey(IStateStore store)
{
    /// <summary>The signers with one of these certificates, including disabled but not deleted ones; newest first.</summary>
    public async Task<ImmutableArray<SignerState>> FindAsync(
        IEnumerable<CertificateState> certificates, CancellationToken cancellationToken)
    {
        var ids = certificates.Select(certificate => certificate.Id).ToHashSet(StringComparer.Ordinal);
        var found = ImmutableArray.CreateBuilder<SignerState>();
        await foreach (var row in store.ReadAllAsync<SignerState>(new StateQuery(StateTypes.Signer), cancellationToken))
        {
            if (!row.State.IsDeleted && ids.Contains(row.State.CertificateId))
            {
                found.Add(row.State);
            }
        }

        return found.ToImmutable();
    }
}
