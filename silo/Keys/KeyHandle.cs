using CodeSigning.Certificates;
using CodeSigning.Signing;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// The right to use one private key of the vault until it is disposed. The key itself cannot be had from it. Safe for
/// use by several threads.
/// </summary>
public sealed class KeyHandle : IDisposable
{
    private readonly SharedKey _shared;
    private int _disposed;

    internal KeyHandle(SharedKey shared) => _shared = shared;

    /// <summary>The key's name.</summary>
    public KeyReference Reference => _shared.Reference;

    /// <summary>The kind of key.</summary>
    public KeyAlgorithm Algorithm => _shared.Key.Algorithm;

    /// <summary>The public half as SubjectPublicKeyInfo (RFC 5280, section 4.1), DER.</summary>
    public ReadOnlyMemory<byte> PublicKey => _shared.Key.PublicKey;

    /// <summary>Signs a digest: PSS with a salt as long as the digest, ECDSA in DER. It takes as long as the arithmetic takes.</summary>
    /// <exception cref="ArgumentException">The scheme does not fit the key, or the digest is not as long as the scheme's.</exception>
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

    /// <summary>Lets the key go. It is freed when no one holds it any more.</summary>
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
