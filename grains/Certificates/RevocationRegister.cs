using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Certificates;

/// <summary>What internal CAs have revoked, read from the very rows of certificates and CAs.</summary>
public sealed class RevocationRegister(IStateStore store)
{
    /// <summary>How often a revocation is tried again while others of the same CA come before it.</summary>
    public const int Rounds = 16;

    /// <summary>The write that counts one more; it belongs into the commit of the revocation.</summary>
    public async Task<StateWrite> CountOneMoreAsync(string caId, CancellationToken cancellationToken)
    {
        var (version, revoked) = await ReadCountAsync(caId, cancellationToken);
        var next = new RevocationCountState(revoked + 1);
        return new StateWrite(StateTypes.RevocationCount, caId, version, StateJson.Write(next), next.ToIndex());
    }

    /// <summary>How many a CA has revoked; the version changes with every one.</summary>
    public async Task<(long Version, long Revoked)> ReadCountAsync(string caId, CancellationToken cancellationToken) =>
        await store.ReadAsync(StateTypes.RevocationCount, caId, cancellationToken) is { } stored
            ? (stored.Version, stored.ReadAs<RevocationCountState>().Revoked)
            : (0, 0);

    /// <summary>All that a CA has revoked, at least <paramref name="atLeast"/>. Expired ones stay: signatures outlive certificates.</summary>
    /// <exception cref="StateTamperedException">Some are missing: rows were changed outside the service.</exception>
    public async Task<IReadOnlyCollection<RevokedSerial>> ListAsync(
        string caId, long atLeast, CancellationToken cancellationToken)
    {
        var revoked = new List<RevokedSerial>();
        await foreach (var row in ReadRevokedAsync<CertificateState>(StateTypes.Certificate, caId, cancellationToken))
        {
            if (row.State is { Issued: { } issued, Revocation: { } revocation })
            {
                revoked.Add(new RevokedSerial(issued.SerialNumber, revocation));
            }
        }

        await foreach (var row in ReadRevokedAsync<CertificateAuthorityState>(StateTypes.CertificateAuthority, caId, cancellationToken))
        {
            if (row.State is { Revocation: { } revocation } authority)
            {
                revoked.Add(new RevokedSerial(authority.Certificate.SerialNumber, revocation));
            }
        }

        // The columns that lists filter by are not sealed; the count is.
        return revoked.Count >= atLeast ? revoked : throw new StateTamperedException(StateTypes.RevocationCount, caId);
    }

    private IAsyncEnumerable<Row<TState>> ReadRevokedAsync<TState>(string type, string caId, CancellationToken cancellationToken)
        where TState : class, IIndexedState =>
        store.ReadAllAsync<TState>(new StateQuery(type, Parent: caId, Statuses: [CertificateWords.Revoked]), cancellationToken);
}
