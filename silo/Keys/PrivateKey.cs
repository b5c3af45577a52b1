using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Signing;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// An opened private key in this process. One object serves all threads: measured on two cores, a clone for each thread
/// made no more signatures a second than one shared key, for RSA and for ECDSA.
/// </summary>
internal abstract class PrivateKey : IDisposable
{
    protected PrivateKey(KeyAlgorithm algorithm, byte[] publicKey)
    {
        Algorithm = algorithm;
        PublicKey = publicKey;
    }

    /// <summary>The kind of key.</summary>
    public KeyAlgorithm Algorithm { get; }

    /// <summary>SubjectPublicKeyInfo (RFC 5280, section 4.1), DER.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>Opens PKCS#8 bytes (RFC 5958), which stay the caller's to zero.</summary>
    /// <exception cref="CryptographicException">The bytes are no key of this kind.</exception>
    public static PrivateKey FromPkcs8(KeyAlgorithm algorithm, ReadOnlySpan<byte> pkcs8)
    {
        AsymmetricAlgorithm key = algorithm.IsRsa() ? RSA.Create() : ECDsa.Create();
        try
        {
            key.ImportPkcs8PrivateKey(pkcs8, out var read);
            if (read != pkcs8.Length || KeyAlgorithms.Of(key) != algorithm)
            {
                throw new CryptographicException($"The key is no {algorithm.ToWireName()} key.");
            }

            return key is RSA rsa ? new RsaPrivateKey(algorithm, rsa) : new EcPrivateKey(algorithm, (ECDsa)key);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Signs a digest whose length is the algorithm's; the scheme must fit the key.</summary>
    public abstract byte[] SignDigest(SigningAlgorithm algorithm, ReadOnlySpan<byte> digest);

    /// <summary>Frees the key; the platform's library clears its memory.</summary>
    public abstract void Dispose();
}
