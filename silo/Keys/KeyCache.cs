namespace CodeSigning.Silo.Keys;

/// <summary>
/// The keys that are open, at most so many; beyond that the one not used for longest goes. Each is loaded once however
/// many ask for it at the same time, and a load that fails is forgotten, so that the next asker tries again.
/// </summary>
internal sealed class KeyCache(int capacity, Func<KeyReference, KeyPurpose, Task<SharedKey>> load) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(KeyReference, KeyPurpose), LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byLastUse = new();
    private bool _disposed;

    public async ValueTask<KeyHandle> HoldAsync(KeyReference reference, KeyPurpose purpose, CancellationToken cancellationToken)
    {
        while (true)
        {
            // One caller's cancellation must not fail the others that wait for the same key, hence not passed to the load.
            var shared = await EntryOf(reference, purpose).Loaded.WaitAsync(cancellationToken);
            if (shared.TryHold())
            {
                return new KeyHandle(shared);
            }
        }
    }

    /// <summary>Drops a key from the cache; those who hold it may finish.</summary>
    public void Remove(KeyReference reference, KeyPurpose purpose)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue((reference, purpose), out var node))
            {
                Drop(node);
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            while (_byLastUse.First is { } node)
            {
                Drop(node);
            }
        }
    }

    private Entry EntryOf(KeyReference reference, KeyPurpose purpose)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_entries.TryGetValue((reference, purpose), out var node))
            {
                _byLastUse.Remove(node);
                _byLastUse.AddFirst(node);
                return node.Value;
            }

            var entry = new Entry(reference, purpose);
            var added = _byLastUse.AddFirst(entry);
            _entries.Add((reference, purpose), added);
            // On the pool, not on the scheduler of the caller's turn, which may end before the others have their key.
            entry.Loaded = Task.Run(() => LoadAsync(added));
            return entry;
        }
    }

    private async Task<SharedKey> LoadAsync(LinkedListNode<Entry> node)
    {
        try
        {
            var shared = await load(node.Value.Reference, node.Value.Purpose);
            lock (_lock)
            {
                if (node.List is null)
                {
                    shared.Release();
                    ObjectDisposedException.ThrowIf(_disposed, this);
                    throw new SealedKeyException(
                        SealedKeyFault.Missing, $"The {node.Value.Purpose} key {node.Value.Reference} was closed.");
                }

                node.Value.Shared = shared;
                Shrink();
            }

            return shared;
        }
        catch
        {
            lock (_lock)
            {
                Drop(node);
            }

            throw;
        }
    }

    // Only keys that are loaded can go: dropping one under load would send its waiters round again.
    private void Shrink()
    {
        var node = _byLastUse.Last;
        while (_entries.Count > capacity && node is not null)
        {
            var before = node.Previous;
            if (node.Value.Shared is not null && before is not null)
            {
                Drop(node);
            }

            node = before;
        }
    }

    private void Drop(LinkedListNode<Entry> node)
    {
        if (node.List is null)
        {
            return;
        }

        _byLastUse.Remove(node);
        _entries.Remove((node.Value.Reference, node.Value.Purpose));
        node.Value.Shared?.Release();
    }

    private sealed class Entry(KeyReference reference, KeyPurpose purpose)
    {
        public KeyReference Reference { get; } = reference;

        public KeyPurpose Purpose { get; } = purpose;

        public SharedKey? Shared { get; set; }

        public Task<SharedKey> Loaded { get; set; } = null!;
    }
}
