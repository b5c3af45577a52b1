using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CodeSigning.Silo.Pki;
using CodeSigning.Silo.Tests.Keys;
using Xunit;

namespace CodeSigning.Silo.Tests.Pki;

/// <summary>PKCS#12 files as other tools make them: what they hold is read, or the refusal tells why it is not.</summary>
public sealed class Pkcs12OfOthersTests(ExternalCertificates files, VaultFixture vault)
    : IClassFixture<ExternalCertificates>, IClassFixture<VaultFixture>
{
    private const string Password = ExternalCertificates.Password;

    private readonly CertificateImporter _importer = new(vault.Vault, CompromisedKeys.None, TimeProvider.System);

    [Fact]
    public async Task Certificate_twice_in_a_file_counts_once()
    {
        files.Tool.Write("twice.pem", files.ReadText("rsa.pem") + files.ReadText("chain.pem") + files.ReadText("chain.pem"));

        var imported = Import(await ExportAsync("twice.p12", "twice.pem"));

        Assert.Equal(["CN=Issuing", "CN=Root"], imported.Chain.Select(link => link.Subject));
    }

    [Theory]
    [InlineData(600_000, "SHA256", "SHA256", 32)]
    [InlineData(2048, "SHA512", "SHA512", 64)]
    [InlineData(2048, "SHA1", "SHA256", 20)]
    public async Task File_with_pbmac1_is_imported(int iterations, string prf, string mac, int keyLength)
    {
        var file = Pbmac1Files.Add(
            await ExportAsync("without-mac.p12", "rsa.pem", "-nomac"), Password, iterations, new(prf), new(mac), keyLength);

        Assert.Equal("CN=Imported Signer", Import(file).Leaf.Subject);
    }

    [Fact]
    public async Task Wrong_password_and_damage_of_pbmac1_files_are_told_apart()
    {
        var file = Pbmac1Files.Add(
            await ExportAsync("without-mac.p12", "rsa.pem", "-nomac"), Password, 2048, HashAlgorithmName.SHA256, HashAlgorithmName.SHA256, 32);

        Assert.Equal(CertificateRefusal.WrongPassword, Refusal(file, "wrong").Refusal);
        var damaged = Refusal(Pbmac1Files.Damage(file), Password);
        Assert.Equal((CertificateRefusal.Malformed, true), (damaged.Refusal, damaged.Message.Contains("damaged", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Iterations_for_every_bag_are_taken_as_gnutls_writes_them()
    {
        var file = await ExportAsync("many-iterations.p12", "rsa.pem", "-certfile", "chain.pem", "-iter", "600000");

        Assert.Equal(2, Import(file).Chain.Length);
    }

    [Fact]
    public void Iterations_over_the_bound_are_told_with_it() => Assert.Contains(
        "600001 iterations: expected 1 to 600000", Refusal(files.Read("iterations.p12"), Password).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Iterations_that_add_up_over_the_bound_are_told()
    {
        // SHA-1 gives 20 bytes a time: two rounds for each key of 32 bytes.
        var file = Pbmac1Files.Add(
            await ExportAsync("without-mac.p12", "rsa.pem", "-iter", "600000", "-nomac", "-certpbe", "AES-256-CBC"),
            Password, 600_000, HashAlgorithmName.SHA1, HashAlgorithmName.SHA256, 100);

        var refused = Refusal(file, Password);

        Assert.Equal(CertificateRefusal.LimitExceeded, refused.Refusal);
        Assert.Contains("add up to 4200000 rounds: expected at most 3600000", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("aria-256-cbc", "aria-256-cbc")]
    [InlineData("camellia-256-cbc", "camellia-256-cbc")]
    public async Task Cipher_that_is_not_supported_is_named(string cipher, string name)
    {
        var refused = Refusal(await ExportAsync("cipher.p12", "rsa.pem", "-keypbe", cipher, "-certpbe", cipher), Password);

        Assert.Equal(CertificateRefusal.UnsuitableKey, refused.Refusal);
        Assert.Contains(name, refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("sha224", "SHA-224")]
    [InlineData("sha3-256", "sha3-256")]
    public async Task Mac_that_is_not_supported_is_named(string hash, string name) => Assert.Contains(
        $"MAC uses {name}",
        Refusal(await ExportAsync("mac.p12", "rsa.pem", "-macalg", hash), Password).Message,
        StringComparison.OrdinalIgnoreCase);

    [Theory]
    [InlineData("-keypbe", "PBE-SHA1-RC2-40", "-certpbe", "PBE-SHA1-RC2-128")]
    [InlineData("-keypbe", "PBE-SHA1-2DES", "-certpbe", "PBE-SHA1-3DES")]
    [InlineData("-keypbe", "PBE-SHA1-3DES", "-certpbe", "NONE")]
    [InlineData("-keypbe", "aes-128-cbc", "-certpbe", "aes-192-cbc")]
    [InlineData("-macalg", "sha512")]
    [InlineData("-macalg", "sha384", "-maciter")]
    public async Task Every_cipher_and_mac_of_old_files_is_read(params string[] options)
    {
        var legacy = options.Any(option => option.Contains("RC2", StringComparison.Ordinal)) ? ["-legacy"] : Array.Empty<string>();

        Assert.Equal("CN=Imported Signer", Import(await ExportAsync("old.p12", "rsa.pem", [.. options, .. legacy])).Leaf.Subject);
    }

    [Theory]
    [InlineData("ed25519", "Ed25519")]
    [InlineData("secp256k1", "secp256k1")]
    [InlineData("dsa", "DSA")]
    [InlineData("rsa-pss", "id-RSASSA-PSS")]
    public async Task Key_that_is_not_supported_is_named(string kind, string name)
    {
        await OtherKeys.MakeAsync(files.Tool, kind);

        var refused = Refusal(await ExportAsync($"{kind}.p12", $"{kind}.pem", "-inkey", $"{kind}.key"), Password);

        Assert.Equal(CertificateRefusal.UnsuitableKey, refused.Refusal);
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificate_that_can_sign_code_is_taken_before_others()
    {
        files.Tool.Write("with-tls.pem", files.ReadText("tls.pem") + files.ReadText("rsa.pem") + files.ReadText("chain.pem"));

        var imported = Import(await ExportAsync("with-tls.p12", "with-tls.pem"));

        Assert.Equal(("CN=Imported Signer", 2), (imported.Leaf.Subject, imported.Chain.Length));
    }

    [Fact]
    public void Valid_certificate_of_a_key_is_taken_before_others()
    {
        using var key = RSA.Create(2048);
        var (expired, current) = (SelfSigned(key, "CN=Old", from: -20, to: -10), SelfSigned(key, "CN=New", from: -1, to: 10));

        Assert.Equal("CN=New", Import(Build(key, expired, current), "pw").Leaf.Subject);
    }

    [Fact]
    public void Two_equal_certificates_of_one_key_are_named()
    {
        using var key = RSA.Create(2048);

        var refused = Refusal(Build(key, SelfSigned(key, "CN=One", -1, 10), SelfSigned(key, "CN=Two", -1, 10)), "pw");

        Assert.Equal(CertificateRefusal.UnrelatedCertificate, refused.Refusal);
        Assert.Contains("'CN=One'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("'CN=Two'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_password_of_the_key_is_told()
    {
        var builder = new Pkcs12Builder();
        using var key = RSA.Create(2048);
        using var certificate = SelfSigned(key, "CN=One", -1, 10);
        var contents = new Pkcs12SafeContents();
        contents.AddCertificate(certificate);
        contents.AddShroudedKey(key, "another", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 2000));
        builder.AddSafeContentsUnencrypted(contents);
        builder.SealWithMac("pw", HashAlgorithmName.SHA256, 2000);

        var refused = Refusal(builder.Encode(), "pw");

        Assert.Equal(CertificateRefusal.Malformed, refused.Refusal);
        Assert.Contains("has another password", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_file_is_not_called_a_wrong_password()
    {
        var file = files.Read("rsa.p12");
        var mac = file.AsSpan().LastIndexOf(Convert.FromHexString("0420")) + 2; // The digest of HMAC with SHA-256.
        file[mac] ^= 1;

        var refused = Refusal(file, Password);

        Assert.Equal(CertificateRefusal.Malformed, refused.Refusal);
        Assert.Contains("damaged", refused.Message, StringComparison.Ordinal);
        Assert.Equal(CertificateRefusal.WrongPassword, Refusal(files.Read("rsa.p12"), "wrong").Refusal);
    }

    [Fact]
    public void File_in_pem_or_base64_or_with_more_is_read()
    {
        var base64 = Convert.ToBase64String(files.Read("rsa.p12"), Base64FormattingOptions.InsertLineBreaks);
        byte[][] forms =
        [
            [.. files.Read("rsa.p12"), .. "\r\n"u8],
            Encoding.UTF8.GetBytes(base64),
            Encoding.UTF8.GetBytes($"\uFEFF-----BEGIN PKCS12-----\r\n{base64}\r\n-----END PKCS12-----\r\n"),
        ];

        Assert.All(forms, form => Assert.Equal("CN=Imported Signer", Import(form).Leaf.Subject));
    }

    [Fact]
    public void Pem_in_place_of_pkcs12_is_told() =>
        Assert.Contains("'certificatePem'", Refusal(files.Read("rsa.pem"), null).Message, StringComparison.Ordinal);

    [Fact]
    public void Bags_in_bags_without_end_are_refused()
    {
        var contents = new Pkcs12SafeContents();
        for (var depth = 0; depth < 10; depth++)
        {
            var outer = new Pkcs12SafeContents();
            outer.AddNestedContents(contents);
            contents = outer;
        }

        var builder = new Pkcs12Builder();
        builder.AddSafeContentsEncrypted(contents, "pw", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 2000));
        builder.SealWithMac("pw", HashAlgorithmName.SHA256, 2000);

        Assert.Equal(CertificateRefusal.LimitExceeded, Refusal(builder.Encode(), "pw").Refusal);
    }

    [Fact]
    public async Task Password_beyond_ascii_is_taken_in_either_scheme()
    {
        const string password = "Schlüssel ✓ 𝒦";
        foreach (var options in new string[][] { [], ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES"] })
        {
            await files.Tool.RunAsync(
                ["pkcs12", "-export", "-inkey", "rsa.key", "-in", "rsa.pem", "-out", "wide.p12", "-passout", $"pass:{password}", .. options]);

            Assert.Equal("CN=Imported Signer", Import(files.Read("wide.p12"), password).Leaf.Subject);
        }
    }

    private static X509Certificate2 SelfSigned(RSA key, string name, int from, int to)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.3")], false));
        var now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddDays(from), now.AddDays(to));
    }

    private static byte[] Build(RSA key, params X509Certificate2[] certificates)
    {
        var contents = new Pkcs12SafeContents();
        contents.AddKeyUnencrypted(key);
        foreach (var certificate in certificates)
        {
            contents.AddCertificate(certificate);
        }

        var builder = new Pkcs12Builder();
        builder.AddSafeContentsUnencrypted(contents);
        builder.SealWithMac("pw", HashAlgorithmName.SHA256, 2000);
        return builder.Encode();
    }

    private async Task<byte[]> ExportAsync(string name, string certificates, params string[] options)
    {
        var key = options.Contains("-inkey") ? Array.Empty<string>() : ["-inkey", "rsa.key"];
        await files.Tool.RunAsync(
            ["pkcs12", "-export", "-in", certificates, "-out", name, "-passout", $"pass:{Password}", .. key, .. options]);
        return files.Read(name);
    }

    private ImportedCertificate Import(byte[] file, string password = Password)
    {
        var imported = _importer.ImportPkcs12("key_i", file, password);
        imported.Key.Handle.Dispose();
        return imported;
    }

    private CertificateRefusedException Refusal(byte[] file, string? password) =>
        Assert.Throws<CertificateRefusedException>(() => _importer.ImportPkcs12("key_i", file, password));
}

/// <summary>Adds PBMAC1 (RFC 9579) to PKCS#12 files, which this machine's openssl may not know yet.</summary>
internal static class Pbmac1Files
{
    public static byte[] Add(
        byte[] withoutMac, string password, int iterations, HashAlgorithmName prf, HashAlgorithmName mac, int keyLength)
    {
        var pfx = new AsnReader(withoutMac, AsnEncodingRules.BER).ReadSequence();
        var version = pfx.ReadInteger();
        var safe = pfx.ReadEncodedValue();
        var info = new AsnReader(safe, AsnEncodingRules.BER).ReadSequence();
        info.ReadObjectIdentifier();
        var content = info.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadOctetString();
        var salt = RandomNumberGenerator.GetBytes(16);
        var key = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, prf, keyLength);

        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(version);
            writer.WriteEncodedValue(safe.Span);
            using (writer.PushSequence())
            {
                using (writer.PushSequence())
                {
                    WriteAlgorithm(writer, salt, iterations, prf, mac, keyLength);
                    writer.WriteOctetString(CryptographicOperations.HmacData(mac, key, content));
                }

                writer.WriteOctetString("NOT USED"u8);
                writer.WriteInteger(1);
            }
        }

        return writer.Encode();
    }

    /// <summary>The file with another bit in the salt of its MAC.</summary>
    public static byte[] Damage(byte[] file)
    {
        var place = file.AsSpan().LastIndexOf(Convert.FromHexString("06092A864886F70D01050C")) + 11 + 4;
        file[place] ^= 1;
        return file;
    }

    private static void WriteAlgorithm(
        AsnWriter writer, byte[] salt, int iterations, HashAlgorithmName prf, HashAlgorithmName mac, int keyLength)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("1.2.840.113549.1.5.14");
            using (writer.PushSequence())
            {
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier("1.2.840.113549.1.5.12");
                    using (writer.PushSequence())
                    {
                        writer.WriteOctetString(salt);
                        writer.WriteInteger(iterations);
                        writer.WriteInteger(keyLength);
                        WriteHmac(writer, prf);
                    }
                }

                WriteHmac(writer, mac);
            }
        }
    }

    private static void WriteHmac(AsnWriter writer, HashAlgorithmName hash)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("1.2.840.113549.2." + hash.Name switch
            {
                "SHA1" => "7",
                "SHA256" => "9",
                _ => "11",
            });
            writer.WriteNull();
        }
    }
}

/// <summary>Keys of other kinds, as <c>KIND.key</c>, each with a certificate of its own, as <c>KIND.pem</c>.</summary>
internal static class OtherKeys
{
    public static async Task MakeAsync(OpenSsl tool, string kind)
    {
        if (kind == "dsa")
        {
            await tool.RunAsync("dsaparam", "-out", "dsa.parameters", "1024");
            await tool.RunAsync("genpkey", "-paramfile", "dsa.parameters", "-out", "dsa.key");
        }
        else
        {
            await tool.RunAsync(["genpkey", "-out", $"{kind}.key", .. kind switch
            {
                "ed25519" => ["-algorithm", "ED25519"],
                "rsa-pss" => ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
                _ => (string[])["-algorithm", "EC", "-pkeyopt", $"ec_paramgen_curve:{kind}"],
            }]);
        }

        await tool.RunAsync(
            "req", "-x509", "-config", "openssl.cnf", "-extensions", "code", "-key", $"{kind}.key", "-out", $"{kind}.pem", "-days", "9",
            "-subj", $"/CN={kind}");
    }
}
