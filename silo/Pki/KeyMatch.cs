using System.Security.Cryptography;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>Compares the public key of a certificate with that of a key pair.</summary>
internal static class KeyMatch
{
    /// <exception cref="CertificateRefusedException">The keys differ.</exception>
    public static void Ensure(CertificateDetails certificate, ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        if (!Canonical(certificate.SubjectPublicKeyInfo.Span).AsSpan().SequenceEqual(Canonical(subjectPublicKeyInfo)))
        {
            throw new CertificateRefusedException(
                CertificateRefusal.KeyMismatch, "The certificate is for another key: its public key is not that of the private key.");
        }
    }

    /// <summary>The one encoding of a key: CAs have more than one (absent parameters instead of NULL, compressed points).</summary>
    /// <exception cref="CryptographicException">It is no RSA key and no EC key on a curve that is served.</exception>
    public static byte[] Canonical(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        using AsymmetricAlgorithm key = SubjectPublicKeyInfo.FamilyOf(subjectPublicKeyInfo) == SubjectPublicKeyInfo.Family.Rsa
            ? RSA.Create()
            : ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
        return key.ExportSubjectPublicKeyInfo();
    }
}
