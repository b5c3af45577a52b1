using System.Formats.Asn1;
using System.Security.Cryptography;
using CodeSigning.Contract;
using CodeSigning.Certificates;

namespace CodeSigning.Silo.Pki;

/// <summary>Reads one private key from a text of somebody's: PEM (RFC 7468), or its base64.</summary>
internal static class PrivateKeyPem
{
    /// <summary>The request's field with the key.</summary>
    public const string Field = "privateKeyPem";

    private const string Expected = "expected PKCS#8 (plain or encrypted), PKCS#1 or SEC 1, as PEM or base64";

    /// <summary>Reads the key, which the caller disposes. Blocks of certificates and parameters are passed over.</summary>
    /// <exception cref="CertificateRefusedException">There is no key or several, or it cannot be opened.</exception>
    public static AsymmetricAlgorithm Read(SecretText text, SecretText? password)
    {
        using var unified = GivenText.Unify(text);
        var der = FindOnly(unified.Characters, isEncodedAgain: false);
        try
        {
            return PrivateKeyInfo.IsEncrypted(der) ? OpenEncrypted(der, password) : PrivateKeyInfo.Open(der, Field);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(der);
        }
    }

    private static byte[] FindOnly(ReadOnlyMemory<char> text, bool isEncodedAgain)
    {
        if (!GivenText.HasPem(text.Span))
        {
            var content = GivenText.FromBase64(text.Span) ?? throw NoKey($"The field '{Field}' contains no private key: {Expected}.");
            using var inner = isEncodedAgain ? null : GivenText.OfSecretBytes(content);
            if (inner is not null)
            {
                CryptographicOperations.ZeroMemory(content);
                return FindOnly(inner.Characters, isEncodedAgain: true);
            }

            return PrivateKeyInfo.IsEncrypted(content) || content[0] == 0x30 ? content
                : throw NoKey($"The field '{Field}' contains no private key: {Expected}.");
        }

        var blocks = GivenText.Blocks(text).ToList();
        var keys = blocks.FindAll(block => block.Label.EndsWith("PRIVATE KEY", StringComparison.Ordinal));
        return keys switch
        {
            [] => throw NoKeyAmong(text.Span, blocks),
            [{ Label: "OPENSSH PRIVATE KEY" }] => throw Unsupported("in OpenSSH's own format: convert it with 'ssh-keygen -p -m PKCS8'"),
            [{ Label: "DSA PRIVATE KEY" }] => throw Unsupported($"a DSA key, which is not supported: expected {KeyAlgorithmNames.Supported}"),
            [var only] => only.Decode(),
            _ => throw new CertificateRefusedException(
                CertificateRefusal.SeveralPrivateKeys, $"The field '{Field}' contains {keys.Count} private keys: give the certificate's key alone."),
        };
    }

    private static CertificateRefusedException NoKeyAmong(ReadOnlySpan<char> text, List<GivenBlock> blocks)
    {
        // RFC 1421, section 4.6.1.1; such a block is none of RFC 7468.
        if (text.Contains("Proc-Type:", StringComparison.Ordinal))
        {
            return NoKey($"The private key in '{Field}' is in OpenSSL's old encrypted format (DEK-Info): convert it with 'openssl pkcs8 -topk8'.");
        }

        return NoKey(blocks.Count == 0
            ? $"The field '{Field}' has a PEM block '{GivenText.FirstLabel(text)}' that is damaged: expected base64 between its BEGIN and its END line."
            : $"The field '{Field}' contains no private key but {string.Join(", ", blocks.Select(block => block.Label).Distinct().Take(3))}: {Expected}.");
    }

    private static AsymmetricAlgorithm OpenEncrypted(ReadOnlyMemory<byte> der, SecretText? password)
    {
        var readings = FilePassword.ReadingsOf(password);
        var budget = new DerivationBudget();
        try
        {
            var info = new AsnReader(der, AsnEncodingRules.BER).ReadSequence();
            var (algorithm, content) = (info.ReadEncodedValue(), info.ReadOctetString());
            foreach (var reading in readings)
            {
                if (PasswordEncryption.Decrypt(algorithm, content, reading, budget, $"the private key in '{Field}'") is { } decrypted)
                {
                    return OpenDecrypted(decrypted);
                }
            }
        }
        catch (AsnContentException)
        {
            throw new CertificateRefusedException(
                CertificateRefusal.Malformed, $"The encrypted private key in '{Field}' is damaged: expected PKCS#8 (RFC 5958).");
        }
        finally
        {
            foreach (var reading in readings)
            {
                reading.Dispose();
            }
        }

        throw new CertificateRefusedException(
            CertificateRefusal.WrongPassword,
            password is not { Length: > 0 }
                ? $"The private key in '{Field}' has a password: give it in 'password'."
                : $"The password of the private key in '{Field}' is incorrect, or the key is damaged.");
    }

    private static AsymmetricAlgorithm OpenDecrypted(byte[] pkcs8)
    {
        try
        {
            return PrivateKeyInfo.Open(pkcs8, Field);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    private static CertificateRefusedException NoKey(string message) => new(CertificateRefusal.NoPrivateKey, message);

    private static CertificateRefusedException Unsupported(string what) =>
        new(CertificateRefusal.UnsuitableKey, $"The private key in '{Field}' is {what}.");
}
