using System.Security.Cryptography;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>Compares the public key of a certificate with that of a key pair.</summary>
internal static class KeyMatch
{
    /// <summary>Whether a certificate has this key.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="canonical">The key, see <see cref="Canonical"/>.</param>
    public static bool IsOf(CertificateDetails certificate, ReadOnlySpan<byte> canonical)
    {
        try
        {
            return Canonical(certificate.SubjectPublicKeyInfo.Span).AsSpan().SequenceEqual(canonical);
        }
        catch (CryptographicException)
        {
            return false; // The key is malformed, or of no supported kind.
        }
    }

    /// <summary>
    /// The canonical encoding of a key; CAs use several (absent parameters instead of NULL, compressed points, the curve's
    /// parameters instead of its name).
    /// </summary>
    /// <exception cref="CryptographicException">It is neither an RSA key nor an EC key on a supported curve.</exception>
    public static byte[] Canonical(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        using AsymmetricAlgorithm key =
            SubjectPublicKeyInfo.FamilyOf(subjectPublicKeyInfo) is SubjectPublicKeyInfo.Family.Rsa or SubjectPublicKeyInfo.Family.RsaPss
                ? RSA.Create()
                : ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(SubjectPublicKeyInfo.Normalize(subjectPublicKeyInfo), out _);
        return key.ExportSubjectPublicKeyInfo();
    }
}
