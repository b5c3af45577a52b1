using System.Collections.Immutable;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Signers;

/// <summary>
/// Finds the signers that sign with a key, through whichever of its certificates. All are looked at, by their sealed content:
/// a column that somebody changed hides none.
/// </summary>
public sealed class SignersOfKey(IStateStore store)
{
    /// <summary>The signers on some certificates, disabled ones too but none that was deleted; newest first.</summary>
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
