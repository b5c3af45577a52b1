using System.Collections.Concurrent;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Tests.Keys;

/// <summary>Keeps sealed keys by their bytes, as a database would, and counts how often they are read.</summary>
internal sealed class StoredKeys : ISealedKeyStore
{
    private readonly ConcurrentDictionary<KeyReference, byte[]> _rows = new();
    private int _reads;

    public int Reads => _reads;

    /// <summary>What every read waits for.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public void Put(SealedKey key) => _rows[key.Reference] = key.ToBytes();

    public async Task<SealedKey?> LoadAsync(KeyReference reference, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        await Gate.WaitAsync(cancellationToken);
        return _rows.TryGetValue(reference, out var row) ? SealedKey.FromBytes(row) : null;
    }
}
