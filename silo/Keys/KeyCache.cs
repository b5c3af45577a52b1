using CodeSigning.Certificates;
using CodeSigning.Signing;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// A bounded cache of open keys that evicts the least recently used. Concurrent callers share one load; a failed load
/// is removed, so that the next caller retries.
/// </summary>
internal sealed class KeyCache(int capacity, TimeProvider time, Func<KeyReference, KeyPurpose, Task<SharedKey>> load) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(KeyReference, KeyPurpose), LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byLastUse = new();
    private bool _disposed;

    public async ValueTask<KeyHandle> HoldAsync(KeyReference reference, KeyPurpose purpose, CancellationToken cancellationToken)
    {
        while (true)
        {
            // The load ignores the caller's cancellation, since other callers may wait for the same key.
            var shared = await EntryOf(reference, purpose).Loaded.WaitAsync(cancellationToken);
            if (shared.TryHold())
            {
                return new KeyHandle(shared);
            }
        }
    }

    /// <summary>Removes a key from the cache; its current holders may finish.</summary>
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

    /// <summary>Removes the keys that nobody asked for since a time ago; their current holders may finish.</summary>
    public void RemoveIdle(TimeSpan since)
    {
        lock (_lock)
        {
            while (_byLastUse.Last is { Value.Shared: not null } node && time.GetElapsedTime(node.Value.AskedAt) >= since)
            {
                Drop(node);
            }
        }
    }

    /// <summary>The keys of a purpose that are open.</summary>
    public IReadOnlyCollection<KeyReference> List(KeyPurpose purpose)
    {
        lock (_lock)
        {
            return [.. _byLastUse.Where(entry => entry.Purpose == purpose && entry.Shared is not null).Select(entry => entry.Reference)];
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
                node.Value.AskedAt = time.GetTimestamp();
                return node.Value;
            }

            var entry = new Entry(reference, purpose) { AskedAt = time.GetTimestamp() };
            var added = _byLastUse.AddFirst(entry);
            _entries.Add((reference, purpose), added);
            // On the thread pool, not on the caller's grain scheduler, since others wait for the load too.
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

    // Evict loaded keys only: evicting a key during its load would make its waiters load it again.
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

        public long AskedAt { get; set; }

        public SharedKey? Shared { get; set; }

        public Task<SharedKey> Loaded { get; set; } = null!;
    }
}

/// <summary>
/// An open key with a reference count. It is freed when the last holder releases it, so a key evicted during a
/// signature lives until that signature is made.
/// </summary>
internal sealed class SharedKey(KeyReference reference, PrivateKey key)
{
    private CertificateKey? _certificateKey;
    private int _holders = 1;

    public KeyReference Reference { get; } = reference;

    public PrivateKey Key { get; } = key;

    /// <summary>Adds a holder; false if the key was freed.</summary>
    public bool TryHold()
    {
        var holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            var seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
            {
                return true;
            }

            holders = seen;
        }

        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) > 0)
        {
            return;
        }

        Key.Dispose();
        _certificateKey?.Key.Dispose();
    }

    /// <summary>Verifies with the certificate's public key, whose parsed form is cached.</summary>
    public bool Verify(
        ReadOnlySpan<byte> certificatePublicKey, SigningAlgorithm algorithm, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        var kept = Volatile.Read(ref _certificateKey);
        if (kept is not null && certificatePublicKey.SequenceEqual(kept.SubjectPublicKeyInfo))
        {
            return kept.Key.Verify(algorithm, digest, signature);
        }

        var fresh = VerificationKey.FromSubjectPublicKeyInfo(certificatePublicKey);
        var isValid = fresh.Verify(algorithm, digest, signature);
        var candidate = new CertificateKey(certificatePublicKey.ToArray(), fresh);
        if (kept is not null || Interlocked.CompareExchange(ref _certificateKey, candidate, null) is not null)
        {
            fresh.Dispose();
        }

        return isValid;
    }

    private sealed record CertificateKey(byte[] SubjectPublicKeyInfo, VerificationKey Key);
}

/// <summary>
/// A handle for using one private key of the vault until disposed. It does not expose the key. Safe for use by several
/// threads.
/// </summary>
public sealed class KeyHandle : IDisposable
{
    private readonly SharedKey _shared;
    private int _disposed;

    internal KeyHandle(SharedKey shared) => _shared = shared;

    /// <summary>The key's reference.</summary>
    public KeyReference Reference => _shared.Reference;

    /// <summary>The key algorithm.</summary>
    public KeyAlgorithm Algorithm => _shared.Key.Algorithm;

    /// <summary>The public half as SubjectPublicKeyInfo (RFC 5280, section 4.1), DER.</summary>
    public ReadOnlyMemory<byte> PublicKey => _shared.Key.PublicKey;

    /// <summary>The name of the token that holds the key; null for a software key.</summary>
    public string? TokenName => TokenKey?.Token;

    internal TokenKey? TokenKey => (_shared.Key as TokenPrivateKey)?.Key;

    /// <summary>The token that holds the key, on whose threads the key is used; null for a software key.</summary>
    internal IKeyToken? Token => (_shared.Key as TokenPrivateKey)?.Token;

    /// <summary>
    /// Signs a digest: PSS with a salt as long as the digest, ECDSA in DER. CPU-bound; a key in a token is used within <see
    /// cref="IKeyToken.RunAsync"/>.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The scheme does not fit the key, or the digest's length is not the scheme's.
    /// </exception>
    public byte[] SignDigest(SigningAlgorithm algorithm, ReadOnlySpan<byte> digest)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (!algorithm.Fits(Algorithm))
        {
            throw new ArgumentException($"{algorithm.ToWireName()} does not fit a key of kind {Algorithm.ToWireName()}.", nameof(algorithm));
        }

        if (digest.Length != algorithm.DigestLength())
        {
            throw new ArgumentException(
                $"{algorithm.ToWireName()} signs a digest of {algorithm.DigestLength()} bytes, not {digest.Length}.", nameof(digest));
        }

        return _shared.Key.SignDigest(algorithm, digest);
    }

    /// <summary>Releases the key. It is freed with its last holder.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _shared.Release();
        }
    }

    internal bool Verify(
        ReadOnlySpan<byte> certificatePublicKey, SigningAlgorithm algorithm, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return _shared.Verify(certificatePublicKey, algorithm, digest, signature);
    }
}
