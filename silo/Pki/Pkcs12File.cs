using System.Formats.Asn1;
using System.Security.Cryptography;
using CodeSigning.Contract;

namespace CodeSigning.Silo.Pki;

/// <summary>An opened PKCS#12 file (RFC 7292) with exactly one private key, and its certificates.</summary>
internal sealed class Pkcs12File : IDisposable
{
    /// <summary>The request's field with the file.</summary>
    public const string Field = "pkcs12";

    private const string Key = "the private key in the PKCS#12 file";
    private const string Contents = "the certificates in the PKCS#12 file";
    private const int MostKeys = 4;

    private Pkcs12File(IReadOnlyList<CertificateDetails> certificates, IReadOnlySet<string> tied, AsymmetricAlgorithm privateKey)
    {
        Certificates = certificates;
        Tied = tied;
        PrivateKey = privateKey;
    }

    /// <summary>All certificates, in the file's order.</summary>
    public IReadOnlyList<CertificateDetails> Certificates { get; }

    /// <summary>The thumbprints of the certificates that the file ties to the key (localKeyId).</summary>
    public IReadOnlySet<string> Tied { get; }

    /// <summary>The private key.</summary>
    public AsymmetricAlgorithm PrivateKey { get; }

    /// <summary>Opens a file; PEM, or base64 once more, is read as what is in it.</summary>
    /// <exception cref="CertificateRefusedException">It cannot be opened, or contains no private key or several.</exception>
    public static Pkcs12File Open(ReadOnlyMemory<byte> file, SecretText? password)
    {
        var readings = FilePassword.ReadingsOf(password);
        try
        {
            return Open(Pkcs12Structure.Read(Unwrap(file)), readings, isGiven: password is { Length: > 0 });
        }
        catch (AsnContentException)
        {
            throw Malformed("The file in 'pkcs12' is damaged, or no PKCS#12 file: expected PFX (RFC 7292).");
        }
        finally
        {
            foreach (var reading in readings)
            {
                reading.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => PrivateKey.Dispose();

    // certtool writes PEM unless it is told otherwise.
    private static ReadOnlyMemory<byte> Unwrap(ReadOnlyMemory<byte> file)
    {
        if (GivenText.OfBytes(file.Span) is not { } text)
        {
            return file;
        }

        if (!GivenText.HasPem(text))
        {
            return GivenText.FromBase64(text) ?? file;
        }

        foreach (var block in GivenText.Blocks(text.AsMemory()))
        {
            if (block.Label is "PKCS12" or "PFX")
            {
                return block.Decode();
            }
        }

        throw Malformed(
            $"The file in 'pkcs12' is PEM with a block '{GivenText.FirstLabel(text)}', no PKCS#12: give PEM in 'certificatePem' and 'privateKeyPem'.");
    }

    private static Pkcs12File Open(Pkcs12Structure structure, FilePassword[] readings, bool isGiven)
    {
        var parts = structure.ReadParts();
        var budget = new DerivationBudget();
        var password = structure.Mac is { } mac
            ? Array.Find(readings, reading => Pkcs12Mac.Verify(mac, structure.Content, reading, budget))
                ?? throw RefuseMac(parts, readings, budget, isGiven)
            : null;
        return new Pkcs12Reading(parts, password is null ? readings : [password], budget, isProven: password is not null, isGiven).Read();
    }

    // The MAC tells a wrong password and a damaged file alike; that something opens tells that the password is right.
    private static CertificateRefusedException RefuseMac(
        IReadOnlyList<Pkcs12Part> parts, FilePassword[] readings, DerivationBudget budget, bool isGiven)
    {
        try
        {
            return new Pkcs12Reading(parts, readings, budget, isProven: false, isGiven).OpensFirst() switch
            {
                true => Malformed("The PKCS#12 file is damaged: the password opens it, but its MAC does not fit its content; export it again."),
                false => Pkcs12Reading.WrongPassword(isGiven, "is incorrect"),
                null => Pkcs12Reading.WrongPassword(isGiven, "is incorrect, or the file is damaged"),
            };
        }
        catch (Exception fault) when (fault is CertificateRefusedException or AsnContentException)
        {
            return Pkcs12Reading.WrongPassword(isGiven, "is incorrect, or the file is damaged");
        }
    }

    private static CertificateRefusedException Malformed(string message) => new(CertificateRefusal.Malformed, message);

    /// <summary>Opens the parts of a file with a password that its MAC proved, or with one that has to be tried.</summary>
    private sealed class Pkcs12Reading(
        IReadOnlyList<Pkcs12Part> parts, FilePassword[] passwords, DerivationBudget budget, bool isProven, bool isGiven)
    {
        public static CertificateRefusedException WrongPassword(bool isGiven, string what) => new(
            CertificateRefusal.WrongPassword,
            isGiven ? $"The password of the PKCS#12 file {what}." : "The PKCS#12 file has a password: give it in 'password'.");

        /// <summary>Whether a password opens the first encrypted content; null if nothing is encrypted.</summary>
        public bool? OpensFirst()
        {
            if (FirstEncrypted() is not { } first)
            {
                return null;
            }

            var decrypted = TryDecrypt(first.Algorithm, first.Content, first.Subject);
            CryptographicOperations.ZeroMemory(decrypted);
            return decrypted is not null;
        }

        public Pkcs12File Read()
        {
            var bags = new Pkcs12Bags();
            var opened = new List<byte[]>();
            try
            {
                foreach (var part in parts)
                {
                    bags.Add(part.Algorithm is { } algorithm ? Opened(Decrypt(algorithm, part.Content, Contents)) : part.Content);
                }

                return Read(bags);
            }
            finally
            {
                opened.ForEach(contents => CryptographicOperations.ZeroMemory(contents)); // A key may be in them.
            }

            byte[] Opened(byte[] contents)
            {
                opened.Add(contents);
                return contents;
            }
        }

        private Pkcs12File Read(Pkcs12Bags bags)
        {
            var (key, keyIds) = ReadOnlyKey(bags);
            try
            {
                var certificates = bags.Certificates.ConvertAll(bag => (Details: CertificateInspection.Read(bag.Der, Field), bag.KeyId));
                return new Pkcs12File(
                    [.. certificates.Select(certificate => certificate.Details).DistinctBy(details => details.Thumbprint)],
                    certificates.Where(certificate => certificate.KeyId is { } id && keyIds.Contains(id))
                        .Select(certificate => certificate.Details.Thumbprint)
                        .ToHashSet(StringComparer.Ordinal),
                    key);
            }
            catch
            {
                key.Dispose();
                throw;
            }
        }

        // One key may be in the file twice, as its certificate may.
        private (AsymmetricAlgorithm Key, HashSet<string> KeyIds) ReadOnlyKey(Pkcs12Bags bags)
        {
            if (bags.Keys.Count == 0)
            {
                throw new CertificateRefusedException(
                    CertificateRefusal.NoPrivateKey, "The PKCS#12 file contains no private key: export the certificate together with its key.");
            }

            AsymmetricAlgorithm? found = null;
            try
            {
                foreach (var (isEncrypted, pkcs8, _) in bags.Keys.Take(MostKeys + 1))
                {
                    var key = OpenKey(isEncrypted, pkcs8);
                    var isOther = found is not null && !key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(found.ExportSubjectPublicKeyInfo());
                    (found, var surplus) = (found ?? key, found is null ? null : key);
                    surplus?.Dispose();
                    if (isOther || bags.Keys.Count > MostKeys)
                    {
                        throw new CertificateRefusedException(
                            CertificateRefusal.SeveralPrivateKeys,
                            $"The PKCS#12 file contains {bags.Keys.Count} private keys: export a single key with its certificate and chain.");
                    }
                }

                return (found!, [.. bags.Keys.Select(key => key.KeyId).OfType<string>()]);
            }
            catch
            {
                found?.Dispose();
                throw;
            }
        }

        private AsymmetricAlgorithm OpenKey(bool isEncrypted, ReadOnlyMemory<byte> pkcs8)
        {
            if (!isEncrypted)
            {
                return PrivateKeyInfo.Open(pkcs8, Field);
            }

            var info = new AsnReader(pkcs8, AsnEncodingRules.BER).ReadSequence();
            var decrypted = Decrypt(info.ReadEncodedValue(), info.ReadOctetString(), Key);
            try
            {
                return PrivateKeyInfo.Open(decrypted, Field);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(decrypted);
            }
        }

        private byte[] Decrypt(ReadOnlyMemory<byte> algorithm, ReadOnlyMemory<byte> content, string subject) =>
            TryDecrypt(algorithm, content, subject)
            ?? throw (isProven
                ? Malformed($"The password fits the PKCS#12 file's MAC but does not open {subject}: it is damaged, or has another password; export the file again with one.")
                : WrongPassword(isGiven, "is incorrect, or the file is damaged"));

        private byte[]? TryDecrypt(ReadOnlyMemory<byte> algorithm, ReadOnlyMemory<byte> content, string subject)
        {
            foreach (var password in passwords)
            {
                if (PasswordEncryption.Decrypt(algorithm, content, password, budget, subject) is { } decrypted)
                {
                    return decrypted;
                }
            }

            return null;
        }

        private (ReadOnlyMemory<byte> Algorithm, ReadOnlyMemory<byte> Content, string Subject)? FirstEncrypted()
        {
            if (parts.FirstOrDefault(part => part.Algorithm is not null) is { } encrypted)
            {
                return (encrypted.Algorithm!.Value, encrypted.Content, Contents);
            }

            var bags = new Pkcs12Bags();
            foreach (var part in parts)
            {
                bags.Add(part.Content);
            }

            foreach (var (_, pkcs8, _) in bags.Keys.Where(key => key.IsEncrypted))
            {
                var info = new AsnReader(pkcs8, AsnEncodingRules.BER).ReadSequence();
                return (info.ReadEncodedValue(), info.ReadOctetString(), Key);
            }

            return null;
        }
    }
}
