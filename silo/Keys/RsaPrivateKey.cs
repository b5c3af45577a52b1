using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Signing;

namespace CodeSigning.Silo.Keys;

internal sealed class RsaPrivateKey(KeyAlgorithm algorithm, RSA rsa)
    : PrivateKey(algorithm, rsa.ExportSubjectPublicKeyInfo())
{
    public override byte[] SignDigest(SigningAlgorithm algorithm, ReadOnlySpan<byte> digest)
    {
        var signature = new byte[rsa.KeySize / 8];
        rsa.SignHash(digest, signature, algorithm.Hash(), algorithm.RsaPadding());
        return signature;
    }

    public override void Dispose() => rsa.Dispose();
}
