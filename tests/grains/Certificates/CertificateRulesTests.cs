using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Certificates;
using Xunit;

namespace CodeSigning.Grains.Tests.Certificates;

public sealed class CertificateRulesTests
{
    [Theory]
    [InlineData("Example Release Signing")]
    [InlineData("Ünïcode 株式会社")]
    [InlineData("x")]
    public void Common_name_of_plain_characters_is_accepted_unchanged(string name) =>
        Assert.Equal(name, CertificateRules.CommonName(name));

    [Fact]
    public void Length_limit_counts_characters_and_not_surrogates()
    {
        var name = string.Concat(Enumerable.Repeat("\U0001F58B", 64));
        Assert.Equal(name, CertificateRules.CommonName(name));
        Refuses(ErrorCode.InvalidRequest, () => CertificateRules.CommonName(name + "x"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData(" ends")]
    [InlineData("ends ")]
    [InlineData("null\0byte")]
    [InlineData("line\nbreak")]
    [InlineData("delete\u007f")]
    [InlineData("right-to-left\u202eoverride")]
    [InlineData("zero\u200bwidth")]
    public void Ambiguous_name_is_refused(string? name)
    {
        Refuses(ErrorCode.InvalidRequest, () => CertificateRules.CommonName(name));
        Refuses(ErrorCode.InvalidRequest, () => CertificateRules.Subject(name));
    }

    // Not among the data above: an attribute cannot hold half a character.
    [Fact]
    public void Half_a_surrogate_pair_is_refused() =>
        Refuses(ErrorCode.InvalidRequest, () => CertificateRules.CommonName("half" + '\ud800' + "character"));

    [Theory]
    [InlineData("RSA_2048", KeyAlgorithm.Rsa2048)]
    [InlineData("RSA_3072", KeyAlgorithm.Rsa3072)]
    [InlineData("RSA_4096", KeyAlgorithm.Rsa4096)]
    [InlineData("EC_P256", KeyAlgorithm.EcP256)]
    [InlineData("EC_P384", KeyAlgorithm.EcP384)]
    [InlineData("EC_P521", KeyAlgorithm.EcP521)]
    public void Six_kinds_of_key_are_accepted(string name, KeyAlgorithm algorithm) =>
        Assert.Equal(algorithm, CertificateRules.Algorithm(name));

    [Theory]
    [InlineData(null)]
    [InlineData("RSA_1024")]
    [InlineData("rsa_3072")]
    [InlineData("ED25519")]
    public void Other_kinds_of_key_are_refused(string? name) =>
        Refuses(ErrorCode.UnsupportedAlgorithm, () => CertificateRules.Algorithm(name));

    [Theory]
    [InlineData(1, true)]
    [InlineData(3650, true)]
    [InlineData(0, false)]
    [InlineData(-1, false)]
    [InlineData(3651, false)]
    [InlineData(int.MaxValue, false)]
    public void Leaf_lives_from_one_day_to_ten_years(int days, bool isTaken)
    {
        if (isTaken)
        {
            Assert.Equal(TimeSpan.FromDays(days), CertificateRules.Life(days, CertificateRules.LongestLeafDays));
        }
        else
        {
            Refuses(ErrorCode.InvalidRequest, () => CertificateRules.Life(days, CertificateRules.LongestLeafDays));
        }
    }

    [Fact]
    public void Import_takes_either_PKCS12_or_a_complete_PEM_pair()
    {
        CertificateRules.Import(new ImportCertificate(Pkcs12: new byte[] { 1 }));
        CertificateRules.Import(new ImportCertificate(CertificatePem: "c", PrivateKeyPem: "k"));
        Refuses(ErrorCode.InvalidRequest, () => CertificateRules.Import(new ImportCertificate()));
        Refuses(ErrorCode.InvalidRequest, () => CertificateRules.Import(new ImportCertificate(CertificatePem: "c")));
        Refuses(ErrorCode.InvalidRequest, () => CertificateRules.Import(new ImportCertificate(PrivateKeyPem: "k", ChainPem: "c")));
        Refuses(
            ErrorCode.InvalidRequest,
            () => CertificateRules.Import(new ImportCertificate(Pkcs12: new byte[] { 1 }, CertificatePem: "c", PrivateKeyPem: "k")));
    }

    private static void Refuses(ErrorCode code, Action check) => Assert.Equal(code, Assert.Throws<RefusedException>(check).Code);
}
