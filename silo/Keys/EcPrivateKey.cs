using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Signing;

namespace CodeSigning.Silo.Keys;

internal sealed class EcPrivateKey(KeyAlgorithm algorithm, ECDsa ecdsa)
    : PrivateKey(algorithm, ecdsa.ExportSubjectPublicKeyInfo())
{
    public override byte[] SignDigest(SigningAlgorithm algorithm, ReadOnlySpan<byte> digest) =>
        ecdsa.SignHash(digest.ToArray(), DSASignatureFormat.Rfc3279DerSequence);

    public override void Dispose() => ecdsa.Dispose();
}
