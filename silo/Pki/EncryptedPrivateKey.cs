using System.Formats.Asn1;

namespace CodeSigning.Silo.Pki;

/// <summary>Bounds the work that an EncryptedPrivateKeyInfo (RFC 5958, section 3) asks for before any of it is done.</summary>
internal static class EncryptedPrivateKey
{
    /// <summary>The most rounds of password stretching that are done for one file.</summary>
    public const int MostIterations = 600_000;

    /// <exception cref="CertificateRefusedException">It asks for too much, or is not an encrypted key.</exception>
    public static void EnsureBounded(ReadOnlyMemory<byte> encryptedPrivateKeyInfo)
    {
        try
        {
            var encryption = new AsnReader(encryptedPrivateKeyInfo, AsnEncodingRules.BER).ReadSequence().ReadSequence();
            if (Iterations(encryption) is not (> 0 and <= MostIterations))
            {
                throw new CertificateRefusedException(
                    CertificateRefusal.LimitExceeded,
                    $"The private key's password is stretched by something else than 1 to {MostIterations} iterations.");
            }
        }
        catch (AsnContentException)
        {
            throw new CertificateRefusedException(CertificateRefusal.Malformed, "The private key is malformed.");
        }
    }

    private static int Iterations(AsnReader encryption)
    {
        var parameters = ReadAlgorithm(encryption, out var scheme);
        if (scheme == Oids.PbeS2)
        {
            parameters = ReadAlgorithm(parameters.ReadSequence(), out var derivation);
            if (derivation != Oids.Pbkdf2)
            {
                throw new CertificateRefusedException(
                    CertificateRefusal.UnsuitableKey, "The private key is encrypted in a way that is not known; use PBES2 with PBKDF2.");
            }
        }

        // PBKDF2-params and PBEParameter alike begin with salt and iteration count (RFC 8018, appendix A).
        parameters.ReadOctetString();
        return parameters.TryReadInt32(out var iterations) ? iterations : int.MaxValue;
    }

    private static AsnReader ReadAlgorithm(AsnReader algorithm, out string oid)
    {
        oid = algorithm.ReadObjectIdentifier();
        return algorithm.ReadSequence();
    }
}
