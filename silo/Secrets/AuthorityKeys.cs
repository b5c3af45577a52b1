using CodeSigning.Certificates;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Secrets;

/// <summary>
/// The cluster authority's key in the store: one row, created by the first node that starts and overwritten by a
/// replacement. Its seal is verified, so write access to the database alone cannot give the row another version.
/// </summary>
internal sealed class AuthorityKeys(KeyVault vault, IStateStore states, ILedger ledger, TimeProvider time)
{
    private static readonly KeyReference Authority = new("cluster-authority");

    /// <summary>Opens the key, or generates it if the store has none.</summary>
    /// <exception cref="SealedKeyException">The master key is not that of the store, or the record was changed.</exception>
    public async Task<AuthorityKey> OpenAsync(CancellationToken cancellationToken)
    {
        // Several nodes may start concurrently: the first commit wins, the others open its key.
        StoredState? row;
        while ((row = await states.ReadAsync(StateTypes.Key, SealedKeyStates.Id(Authority), cancellationToken)) is null)
        {
            await CommitAsync(version: 0, entry: null, cancellationToken);
        }

        return Open(row);
    }

    /// <summary>Opens the key if it was replaced since <paramref name="known"/>; null if not.</summary>
    /// <exception cref="SealedKeyException">The record cannot be opened.</exception>
    /// <exception cref="StateTamperedException">The row was changed outside the service.</exception>
    public async Task<AuthorityKey?> OpenNewerAsync(long known, CancellationToken cancellationToken)
    {
        var (_, row) = await states.ReadIfChangedAsync(StateTypes.Key, SealedKeyStates.Id(Authority), known, cancellationToken);
        // Ignore an older version: someone may have restored an old row with a leaked key.
        return row is not null && row.Version > known ? Open(row) : null;
    }

    /// <summary>Replaces the key, with a ledger entry.</summary>
    /// <returns>The truncated SHA-256 of the new public key (SubjectPublicKeyInfo), as in the entry.</returns>
    public async Task<string> ReplaceAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var (version, before) = await ReadNameAsync(cancellationToken);
            if (await CommitAsync(version, publicKey => Tell(before, publicKey), cancellationToken) is { } name)
            {
                return name;
            }
        }
    }

    private async Task<(long Version, string Name)> ReadNameAsync(CancellationToken cancellationToken)
    {
        using var key = await OpenAsync(cancellationToken);
        return (key.Version, SubjectPublicKeyInfo.NameOf(key.Handle.PublicKey.Span));
    }

    private EntryDraft? Tell(string before, string after) => Change.By(
        Caller.System,
        "cluster-authority.replace",
        StateTypes.Key,
        Authority.Id,
        Changes.None.Replacing("publicKey", before, after),
        time).Entry;

    // Null if another commit was first.
    private async Task<string?> CommitAsync(long version, Func<string, EntryDraft?>? entry, CancellationToken cancellationToken)
    {
        var key = vault.Generate(Authority.Id, KeyPurpose.ClusterAuthority, KeyAlgorithm.EcP256);
        using var handle = key.Handle;
        var name = SubjectPublicKeyInfo.NameOf(handle.PublicKey.Span);
        LedgerElement element = new()
        {
            Entry = entry?.Invoke(name),
            Writes = [SealedKeyStates.Write(key.Sealed) with { ExpectedVersion = version }],
        };
        return await ledger.CommitAsync(element, cancellationToken) switch
        {
            CommitOutcome.Committed => name,
            CommitOutcome.Stale => null,
            var outcome => throw new InvalidOperationException($"The cluster authority's key could not be stored: {outcome}."),
        };
    }

    private AuthorityKey Open(StoredState row) => new(
        vault.Open(SealedKeyStates.Read(row.Content.ToArray()), Authority, KeyPurpose.ClusterAuthority), row.Version);
}

/// <summary>The open key of the cluster authority.</summary>
/// <param name="Handle">The key.</param>
/// <param name="Version">The version of its row, higher with each replacement.</param>
internal sealed record AuthorityKey(KeyHandle Handle, long Version) : IDisposable
{
    public void Dispose() => Handle.Dispose();
}
