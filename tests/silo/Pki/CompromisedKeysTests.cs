using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Errors;
using CodeSigning.Silo.Certificates;
using CodeSigning.Silo.Pki;
using CodeSigning.Silo.Tests.Keys;
using CodeSigning.Testing;
using Xunit;
using static CodeSigning.Silo.Tests.Pki.WeakKeys;

namespace CodeSigning.Silo.Tests.Pki;

/// <summary>Lists of compromised keys, and the real keys of Debian's weak OpenSSL (CVE-2008-0166).</summary>
public sealed class CompromisedKeysTests(VaultFixture vault) : IClassFixture<VaultFixture>, IDisposable
{
    private const string CodeSigning = "1.3.6.1.5.5.7.3.3";

    // What openssl rsa -noout -modulus prints of the key, by sha1sum.
    private const string DebiansLine = "25602db011c0478a79c6";

    private static readonly byte[] DebiansInfo = InfoOf(OfDebian());

    private readonly TemporaryDirectory _lists = new();

    public static TheoryData<string, string> Forms => new()
    {
        { "blacklist.RSA-2048", $"# Debian's\n#\n00005890bc78bcbee3ca\n{DebiansLine}\nfffcc9e1b2fd4e5d9d6c\n" },
        { "upper", DebiansLine.ToUpperInvariant() + "  with a remark\r\n" },
        { "spki.txt", Convert.ToHexStringLower(SHA256.HashData(DebiansInfo)) + "\n" },
        { "blocked.yaml", $"blocked:\n  - {new string('A', 43)}=\n  - \"{Convert.ToBase64String(SHA256.HashData(DebiansInfo))}\"\n" },
        { "hex.yaml", $"blockedHashesHex:\n- {Convert.ToHexStringLower(SHA256.HashData(DebiansInfo))}\n" },
    };

    [Fact]
    public void Weak_Debian_key_is_found_by_a_list_alone()
    {
        var (certificate, key) = ToPem(OfDebian());
        new CertificateImporter(vault.Vault, CompromisedKeys.None, TimeProvider.System).ImportPem("key_i", certificate, null, key, null).Key.Handle.Dispose();
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Key_on_a_list_of_any_format_is_refused(string name, string list)
    {
        var importer = ImporterWith(name, list);
        var (certificate, key) = ToPem(OfDebian());
        AssertRefused(name, () => importer.ImportPem("key_i", certificate, null, key, null));
        AssertRefused(name, () => importer.ImportPkcs12("key_i", ToPkcs12(certificate, key), "word"));
    }

    [Fact]
    public void Key_on_the_badkeys_blocklist_is_refused()
    {
        var blocks = new[] { Block(OfDebian().Modulus!), Block([1]), Block([2]) };
        File.WriteAllBytes(_lists.File("blocklist.dat"), [.. blocks.OrderBy(Convert.ToHexString).SelectMany(block => block)]);
        var (certificate, key) = ToPem(OfDebian());
        AssertRefused("blocklist.dat", () => Importer().ImportPem("key_i", certificate, null, key, null));
    }

    [Fact]
    public void Weak_Debian_EC_key_is_found_by_info_and_point()
    {
        using var key = OfDebianOnP256();
        var info = key.ExportSubjectPublicKeyInfo();
        File.WriteAllText(_lists.File("spki"), Convert.ToHexString(SHA256.HashData(info)));
        Assert.Equal("spki", CompromisedKeys.Read(_lists.File("spki")).FindListOf(info));
        File.WriteAllBytes(_lists.File("blocklist.dat"), Block(key.ExportParameters(false).Q.X!));
        Assert.Equal("blocklist.dat", CompromisedKeys.Read(_lists.File("blocklist.dat")).FindListOf(info));
    }

    [Fact]
    public void Key_is_found_in_every_encoding_of_its_info()
    {
        File.WriteAllText(_lists.File("spki"), Convert.ToHexString(SHA256.HashData(DebiansInfo)));
        var withoutParameters = DebiansInfo.ToArray().ToList();
        withoutParameters.RemoveRange(withoutParameters.IndexOf(5), 2); // The NULL of RFC 3279, section 2.3.1.
        withoutParameters[3] -= 2;
        withoutParameters[5] -= 2;
        Assert.Equal("spki", CompromisedKeys.Read(_lists.Path).FindListOf([.. withoutParameters]));
    }

    [Fact]
    public void Unlisted_key_is_imported()
    {
        var importer = ImporterWith("blacklist.RSA-2048", DebiansLine);
        var (certificate, key) = ToPem(Good());
        importer.ImportPem("key_i", certificate, null, key, null).Key.Handle.Dispose();
    }

    [Fact]
    public void Certificate_under_a_listed_CA_is_not_installed()
    {
        File.WriteAllText(_lists.File("blacklist.RSA-2048"), DebiansLine);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (leaf, chain) = UnderDebian(key);
        var info = key.ExportSubjectPublicKeyInfo();
        Assert.NotNull(new PkiCertificateReader(CompromisedKeys.None, TimeProvider.System).Read(leaf, chain, info).Certificate);
        var refused = Assert.Throws<RefusedException>(
            () => new PkiCertificateReader(CompromisedKeys.Read(_lists.Path), TimeProvider.System).Read(leaf, chain, info));
        Assert.Contains("'CN=CA' can be forged by anyone, since its key is in the list of compromised keys", refused.Message, StringComparison.Ordinal);
        Assert.Throws<CertificateRefusedException>(() => Importer().ImportPem("key_i", leaf, chain, key.ExportPkcs8PrivateKeyPem(), null));
    }

    [Fact]
    public void Certificate_for_a_listed_key_is_not_installed()
    {
        File.WriteAllText(_lists.File("blacklist.RSA-2048"), DebiansLine);
        var (certificate, _) = ToPem(OfDebian());
        var refused = Assert.Throws<RefusedException>(
            () => new PkiCertificateReader(CompromisedKeys.Read(_lists.Path), TimeProvider.System).Read(certificate, null, DebiansInfo));
        Assert.Contains("its key is in the list of compromised keys 'blacklist.RSA-2048'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Directory_is_read_without_hidden_files()
    {
        File.WriteAllText(_lists.File("a"), "00005890bc78bcbee3ca");
        File.WriteAllText(_lists.File("b"), DebiansLine + "\n0000d80c186767f2473a");
        File.WriteAllText(_lists.File(".c"), "no list");
        var keys = CompromisedKeys.Read(_lists.Path);
        Assert.Equal(["a", "b"], keys.Names);
        Assert.Equal(3, keys.Count);
        Assert.Equal("b", keys.FindListOf(DebiansInfo));
    }

    [Theory]
    [InlineData("list", "", "it contains no key")]
    [InlineData("list", "# nothing\n", "it contains no key")]
    [InlineData("list", "00005890bc78bcbee3ca\n00005890bc78bcbee3c\n", "line 2 is invalid")]
    [InlineData("list", "00005890bc78bcbee3cg\n", "line 1 is invalid")]
    [InlineData("list", "-----BEGIN PRIVATE KEY-----\n", "line 1 is invalid")]
    [InlineData("list", "[\"00005890bc78bcbee3ca\"]\n", "line 1 is invalid")]
    [InlineData("list", "a3853d0c563765e504c18df20e6961a16398b85a\n", "line 1 is invalid")]
    [InlineData("list.dat", "", "it contains no key")]
    [InlineData("list.dat", "0123456789abcde", "expected blocks of 16 bytes")]
    [InlineData("list.dat", "b..............1a..............1", "block 2 is smaller than the one before")]
    public void Invalid_list_is_named_with_cause_and_without_its_content(string name, string content, string cause)
    {
        File.WriteAllText(_lists.File(name), content);
        var malformed = Assert.Throws<InvalidDataException>(() => CompromisedKeys.Read(_lists.Path));
        Assert.StartsWith($"{_lists.File(name)} is not a list of compromised keys: ", malformed.Message, StringComparison.Ordinal);
        Assert.Contains(cause, malformed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", malformed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_invalid_list_is_named()
    {
        File.WriteAllText(_lists.File("one"), "x");
        File.WriteAllText(_lists.File("two"), "y");
        var malformed = Assert.Throws<InvalidDataException>(() => CompromisedKeys.Read(_lists.Path));
        Assert.Equal(2, malformed.Message.Split(Environment.NewLine).Length);
    }

    [Fact]
    public void Directory_without_lists_and_missing_path_are_refused()
    {
        var empty = Assert.Throws<InvalidDataException>(() => CompromisedKeys.Read(_lists.Path));
        Assert.EndsWith("contains no list of compromised keys.", empty.Message, StringComparison.Ordinal);
        var missing = Assert.Throws<InvalidDataException>(() => CompromisedKeys.Read(_lists.File("missing")));
        Assert.Contains("missing cannot be read: ", missing.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _lists.Dispose();

    private CertificateImporter Importer() => new(vault.Vault, CompromisedKeys.Read(_lists.Path), TimeProvider.System);

    private CertificateImporter ImporterWith(string name, string list)
    {
        File.WriteAllText(_lists.File(name), list);
        return Importer();
    }

    private static void AssertRefused(string list, Action import)
    {
        var refused = Assert.Throws<CertificateRefusedException>(import);
        Assert.Equal(CertificateRefusal.WeakKey, refused.Refusal);
        Assert.Equal(
            $"The certificate cannot sign code: its key is in the list of compromised keys '{list}'; "
            + "make a new key pair and have a certificate issued for it.",
            refused.Message);
    }

    /// <summary>A block of the blocklist of badkeys (its docs/BLOCKLISTFORMAT.md).</summary>
    private static byte[] Block(byte[] number) => [.. SHA256.HashData(number)[..15], 1];

    private static byte[] InfoOf(RSAParameters key) => SubjectPublicKeyInfo(Number(key.Modulus), Number(key.Exponent));

    private static byte[] ToPkcs12(string certificatePem, string keyPem)
    {
        using var certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem);
        return certificate.Export(X509ContentType.Pkcs12, "word");
    }

    private static (string Leaf, string Chain) UnderDebian(ECDsa key)
    {
        using var weak = RSA.Create(OfDebian());
        var authority = new CertificateRequest("CN=CA", weak, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var issuer = authority.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        var request = new CertificateRequest("CN=Leaf", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(CodeSigning)], critical: false));
        using var leaf = request.Create(
            issuer.SubjectName, X509SignatureGenerator.CreateForRSA(weak, RSASignaturePadding.Pkcs1), DateTimeOffset.UtcNow,
            DateTimeOffset.UtcNow.AddDays(1), [1]);
        return (leaf.ExportCertificatePem(), issuer.ExportCertificatePem());
    }
}
