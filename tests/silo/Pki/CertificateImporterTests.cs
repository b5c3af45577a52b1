using System.Diagnostics;
using System.Security.Cryptography;
using CodeSigning.Signing;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Pki;
using CodeSigning.Silo.Tests.Keys;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CodeSigning.Silo.Tests.Pki;

public sealed class CertificateImporterTests(ExternalCertificates files, VaultFixture vault)
    : IClassFixture<ExternalCertificates>, IClassFixture<VaultFixture>
{
    private const string Password = ExternalCertificates.Password;

    // Far more than a refusal takes on a busy machine, far less than the work that the files ask for.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly CertificateImporter _importer = new(vault.Vault, CompromisedKeys.None, TimeProvider.System);

    [Theory]
    [InlineData("rsa.p12")]
    [InlineData("rsa-legacy.p12")]
    [InlineData("rsa-3des.p12")]
    [InlineData("rsa-nomac.p12")]
    [InlineData("ec.p12")]
    [InlineData("rsa-reversed.p12")]
    public void PKCS12_file_of_OpenSSL_is_imported_with_its_ordered_chain(string file)
    {
        var imported = _importer.ImportPkcs12("key_i", files.Read(file), Password);
        using var key = imported.Key.Handle;

        Assert.Equal("CN=Imported Signer", imported.Leaf.Subject);
        Assert.Equal(["CN=Issuing", "CN=Root"], imported.Chain.Select(link => link.Subject));
        EnsureSigns(imported);
    }

    [Fact]
    public void PKCS12_file_without_a_password_is_imported()
    {
        _importer.ImportPkcs12("key_i", files.Read("rsa-nopassword.p12"), "").Key.Handle.Dispose();
        _importer.ImportPkcs12("key_i", files.Read("rsa-nopassword.p12"), null).Key.Handle.Dispose();
    }

    [Theory]
    [InlineData("rsa.key", "rsa.pem", null)]
    [InlineData("rsa-pkcs1.key", "rsa.pem", null)]
    [InlineData("rsa-encrypted.key", "rsa.pem", Password)]
    [InlineData("rsa-encrypted-des3.key", "rsa.pem", Password)]
    [InlineData("ec.key", "ec.pem", null)]
    [InlineData("ec-sec1.key", "ec.pem", null)]
    [InlineData("ec-sec1-parameters.key", "ec.pem", null)]
    [InlineData("ec-encrypted.key", "ec.pem", Password)]
    public void PEM_key_in_every_form_is_imported(string key, string certificate, string? password)
    {
        var chain = files.ReadText("root.pem") + files.ReadText("issuing.pem");

        var imported = _importer.ImportPem("key_i", files.ReadText(certificate), chain, files.ReadText(key), password);

        using var handle = imported.Key.Handle;
        Assert.Equal(["CN=Issuing", "CN=Root"], imported.Chain.Select(link => link.Subject));
        EnsureSigns(imported);
    }

    [Theory]
    [InlineData("rsa.p12")]
    [InlineData("rsa-legacy.p12")]
    public void Wrong_PKCS12_password_is_refused(string file)
    {
        foreach (var wrong in new[] { "wrong", "", null })
        {
            Assert.Equal(CertificateRefusal.WrongPassword, Refusal(() => _importer.ImportPkcs12("key_i", files.Read(file), wrong)));
        }
    }

    [Fact]
    public void PEM_key_with_a_wrong_password_is_refused()
    {
        foreach (var wrong in new[] { "wrong", "", null })
        {
            Assert.Equal(
                CertificateRefusal.WrongPassword,
                Refusal(() => _importer.ImportPem("key_i", files.ReadText("rsa.pem"), null, files.ReadText("rsa-encrypted.key"), wrong)));
        }
    }

    [Fact]
    public void Unencrypted_PKCS12_file_is_imported() =>
        _importer.ImportPkcs12("key_i", files.Read("plain.p12"), null).Key.Handle.Dispose();

    [Fact]
    public void Two_keys_are_refused()
    {
        Assert.Equal(
            CertificateRefusal.SeveralPrivateKeys, Refusal(() => _importer.ImportPkcs12("key_i", files.Read("two-keys.p12"), null)));
        Assert.Equal(
            CertificateRefusal.SeveralPrivateKeys,
            Refusal(() => ImportPem("rsa.pem", files.ReadText("rsa.key") + files.ReadText("ec.key"))));
    }

    [Fact]
    public void File_without_a_key_is_refused()
    {
        Assert.Equal(
            CertificateRefusal.NoPrivateKey, Refusal(() => _importer.ImportPkcs12("key_i", files.Read("no-key.p12"), Password)));
        foreach (var text in new[] { "", "garbage", files.ReadText("rsa.pem"), files.ReadText("rsa-dek-info.key") })
        {
            Assert.Equal(CertificateRefusal.NoPrivateKey, Refusal(() => ImportPem("rsa.pem", text)));
        }
    }

    [Theory]
    [InlineData("other-rsa.key", CertificateRefusal.KeyMismatch)]
    [InlineData("rsa-pkcs1.key", CertificateRefusal.KeyMismatch, "ec.pem")]
    [InlineData("ec-sec1.key", CertificateRefusal.KeyMismatch)]
    [InlineData("ec.key", CertificateRefusal.KeyMismatch)]
    public void Key_of_another_certificate_is_refused(string key, CertificateRefusal refusal, string certificate = "rsa.pem") =>
        Assert.Equal(refusal, Refusal(() => ImportPem(certificate, files.ReadText(key))));

    [Theory]
    [InlineData("D")]
    [InlineData("DP")]
    [InlineData("P")]
    [InlineData("InverseQ")]
    public void Damaged_private_key_is_refused_at_import(string part)
    {
        using var rsa = RSA.Create();
        rsa.ImportFromPem(files.ReadText("rsa.key"));
        var parameters = rsa.ExportParameters(true);
        var field = part switch
        {
            "D" => parameters.D!,
            "DP" => parameters.DP!,
            "P" => parameters.P!,
            _ => parameters.InverseQ!,
        };
        field[^1] ^= 2;
        var damaged = PemEncoding.WriteString("RSA PRIVATE KEY", Pkcs1(parameters));

        Assert.Contains(
            Refusal(() => ImportPem("rsa.pem", damaged)),
            new[] { CertificateRefusal.KeyMismatch, CertificateRefusal.UnsuitableKey, CertificateRefusal.Malformed });
    }

    [Fact]
    public void Certificate_that_may_not_sign_code_is_refused() =>
        Assert.Equal(
            CertificateRefusal.NotACodeSigningCertificate, Refusal(() => ImportPem("tls.pem", files.ReadText("rsa.key"))));

    [Fact]
    public void Unrelated_certificate_is_refused()
    {
        Assert.Equal(
            CertificateRefusal.UnrelatedCertificate,
            Refusal(() => _importer.ImportPkcs12("key_i", files.Read("unrelated.p12"), Password)));
        Assert.Equal(
            CertificateRefusal.UnrelatedCertificate,
            Refusal(() => _importer.ImportPem(
                "key_i", files.ReadText("rsa.pem"), files.ReadText("stranger.pem"), files.ReadText("rsa.key"), null)));
    }

    [Theory]
    [InlineData("iterations.p12")]
    [InlineData("mac-iterations.p12")]
    public void Endless_iterations_are_refused_at_once(string file)
    {
        var started = Stopwatch.StartNew();

        Assert.Equal(CertificateRefusal.LimitExceeded, Refusal(() => _importer.ImportPkcs12("key_i", files.Read(file), Password)));

        Assert.True(started.Elapsed < Bound, $"It took {started.Elapsed}.");
    }

    [Fact]
    public void Endless_iterations_of_a_PEM_key_are_refused_at_once()
    {
        var started = Stopwatch.StartNew();

        Assert.Equal(
            CertificateRefusal.LimitExceeded,
            Refusal(() => _importer.ImportPem("key_i", files.ReadText("rsa.pem"), null, files.ReadText("rsa-iterations.key"), Password)));

        Assert.True(started.Elapsed < Bound, $"It took {started.Elapsed}.");
    }

    [Fact]
    public void Key_encrypted_with_scrypt_is_refused_with_a_remedy() =>
        Assert.Equal(
            CertificateRefusal.UnsuitableKey,
            Refusal(() => _importer.ImportPem("key_i", files.ReadText("rsa.pem"), null, files.ReadText("rsa-scrypt.key"), Password)));

    [Fact]
    public void Input_that_is_too_long_is_refused_unread()
    {
        Assert.Equal(
            CertificateRefusal.LimitExceeded,
            Refusal(() => _importer.ImportPkcs12("key_i", new byte[CertificateImporter.LongestInput + 1], Password)));
        Assert.Equal(
            CertificateRefusal.LimitExceeded,
            Refusal(() => _importer.ImportPem("key_i", new string('a', CertificateImporter.LongestInput), "b", "c", null)));
        Assert.Equal(
            CertificateRefusal.LimitExceeded,
            Refusal(() => _importer.ImportPkcs12("key_i", files.Read("rsa.p12"), new string('a', 1025))));
    }

    [Fact]
    public void Garbage_is_refused() =>
        Prop.ForAll((byte[] bytes, string text) =>
            Refusal(() => _importer.ImportPkcs12("key_i", bytes, text)) == CertificateRefusal.Malformed
            && Refusal(() => _importer.ImportPem("key_i", text ?? "", text, text ?? "", null)) == CertificateRefusal.Malformed)
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Altered_file_never_crashes_the_import()
    {
        var original = files.Read("ec.p12");
        var random = new Random(20270301);
        for (var count = 0; count < 300; count++)
        {
            var altered = original.ToArray();
            altered[random.Next(altered.Length)] ^= (byte)(1 << random.Next(8));
            var outcome = Record.Exception(() => _importer.ImportPkcs12("key_i", altered, Password).Key.Handle.Dispose());
            Assert.True(outcome is null or CertificateRefusedException, outcome?.ToString());
        }

        for (var length = 0; length < original.Length; length += 7)
        {
            Refusal(() => _importer.ImportPkcs12("key_i", original.AsMemory(0, length), Password));
        }
    }

    [Fact]
    public void Endless_PEM_headers_are_refused_in_bounded_time()
    {
        var text = string.Concat(Enumerable.Repeat("-----BEGIN A-----\n", CertificateImporter.LongestInput / 2 / 18));
        var started = Stopwatch.StartNew();

        Assert.Equal(CertificateRefusal.Malformed, Refusal(() => _importer.ImportPem("key_i", text, null, "key", null)));
        Assert.Equal(
            CertificateRefusal.NoPrivateKey, Refusal(() => _importer.ImportPem("key_i", files.ReadText("rsa.pem"), null, text, null)));

        Assert.True(started.Elapsed < Bound, $"It took {started.Elapsed}.");
    }

    [Theory]
    [InlineData(SigningAlgorithm.RsaPkcs1Sha256)]
    [InlineData(SigningAlgorithm.RsaPkcs1Sha384)]
    [InlineData(SigningAlgorithm.RsaPkcs1Sha512)]
    public async Task Imported_key_makes_the_same_bytes_as_OpenSSL(SigningAlgorithm scheme)
    {
        using var openSsl = new OpenSsl();
        openSsl.Write("rsa.key", files.ReadText("rsa.key"));
        openSsl.Write("data", "what is signed");
        await openSsl.RunAsync("dgst", $"-{scheme.Hash().Name}", "-sign", "rsa.key", "-out", "signature", "data");
        using var key = ImportPem("rsa.pem", files.ReadText("rsa.key")).Key.Handle;

        var signature = key.SignDigest(scheme, CryptographicOperations.HashData(scheme.Hash(), "what is signed"u8));

        Assert.Equal(openSsl.Read("signature"), signature);
    }

    [Fact]
    public void Refusal_never_repeats_the_password_or_the_key()
    {
        foreach (var import in new Func<object>[]
        {
            () => _importer.ImportPkcs12("key_i", files.Read("rsa.p12"), "s3cret-wrong"),
            () => _importer.ImportPem("key_i", files.ReadText("ec.pem"), null, files.ReadText("rsa.key"), "s3cret-wrong"),
            () => _importer.ImportPem("key_i", files.ReadText("rsa.pem"), null, files.ReadText("rsa-encrypted.key"), "s3cret-wrong"),
        })
        {
            var text = Assert.Throws<CertificateRefusedException>(import).ToString();
            Assert.DoesNotContain("s3cret", text, StringComparison.Ordinal);
            Assert.DoesNotContain("MII", text, StringComparison.Ordinal);
        }
    }

    private static void EnsureSigns(ImportedCertificate imported)
    {
        var scheme = imported.Leaf.KeyAlgorithm!.Value is CodeSigning.Certificates.KeyAlgorithm.EcP256
            ? SigningAlgorithm.EcdsaSha256
            : SigningAlgorithm.RsaPssSha256;
        var signature = new CheckedSigner(1).SignDigest(
            imported.Key.Handle, imported.Leaf.SubjectPublicKeyInfo.Span, scheme, new byte[32]);
        Assert.NotEmpty(signature);
        Assert.Equal("key_i", imported.Key.Sealed.Reference.Id);
    }

    private ImportedCertificate ImportPem(string certificate, string key) =>
        _importer.ImportPem("key_i", files.ReadText(certificate), null, key, null);

    private static CertificateRefusal Refusal(Func<object> import) => Assert.Throws<CertificateRefusedException>(import).Refusal;

    private static byte[] Pkcs1(RSAParameters key)
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            foreach (var number in new[] { key.Modulus, key.Exponent, key.D, key.P, key.Q, key.DP, key.DQ, key.InverseQ })
            {
                writer.WriteIntegerUnsigned(number.AsSpan().TrimStart((byte)0));
            }
        }

        return writer.Encode();
    }
}
