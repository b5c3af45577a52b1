using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Certificates;
using CodeSigning.Silo.Pki;
using CodeSigning.Silo.Tests.Keys;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static CodeSigning.Silo.Tests.Pki.ProfileCertificate;

namespace CodeSigning.Silo.Tests.Pki;

public sealed class CertificateProfileTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private const string CodeSigning = "1.3.6.1.5.5.7.3.3";

    private static readonly BigInteger F4 = 65537;

    private static readonly Lazy<BigInteger> Modulus3072 = new(() => ModulusOf(3072));

    public static TheoryData<ProfileRule, FindingSeverity, string> Rules => new()
    {
        { ProfileRule.RsaKeyTooShort, FindingSeverity.Error, "CSBR 6.1.5.2" },
        { ProfileRule.UnsupportedKey, FindingSeverity.Error, "CSBR 6.1.5.2" },
        { ProfileRule.WeakKey, FindingSeverity.Error, "CSBR 6.1.6" },
        { ProfileRule.RsaExponentInvalid, FindingSeverity.Error, "CSBR 6.1.6" },
        { ProfileRule.RsaExponentUnusual, FindingSeverity.Warning, "CSBR 6.1.6" },
        { ProfileRule.ValidityTooLong, FindingSeverity.Error, "CSBR 6.3.2" },
        { ProfileRule.KeyUsageMissing, FindingSeverity.Error, "CSBR 7.1.2.3 e" },
        { ProfileRule.KeyUsageNotCritical, FindingSeverity.Error, "CSBR 7.1.2.3 e" },
        { ProfileRule.DigitalSignatureMissing, FindingSeverity.Error, "CSBR 7.1.2.3 e" },
        { ProfileRule.SignsCertificates, FindingSeverity.Error, "CSBR 7.1.2.3 e" },
        { ProfileRule.OtherKeyUsage, FindingSeverity.Warning, "CSBR 7.1.2.3 e" },
        { ProfileRule.CodeSigningMissing, FindingSeverity.Error, "CSBR 7.1.2.3 f" },
        { ProfileRule.AnyExtendedKeyUsage, FindingSeverity.Error, "CSBR 7.1.2.3 f" },
        { ProfileRule.ServerAuth, FindingSeverity.Error, "CSBR 7.1.2.3 f" },
        { ProfileRule.OtherExtendedKeyUsage, FindingSeverity.Warning, "CSBR 7.1.2.3 f" },
        { ProfileRule.CertificateAuthority, FindingSeverity.Error, "CSBR 7.1.2.3 d" },
        { ProfileRule.PolicyMissing, FindingSeverity.Warning, "CSBR 7.1.2.3 a" },
        { ProfileRule.CrlUrlMissing, FindingSeverity.Warning, "CSBR 7.1.2.3 b" },
        { ProfileRule.IssuerUrlMissing, FindingSeverity.Warning, "CSBR 7.1.2.3 c" },
        { ProfileRule.AuthorityKeyIdentifierMissing, FindingSeverity.Warning, "CSBR 7.1.2.3 g" },
        { ProfileRule.ExtensionCritical, FindingSeverity.Warning, "CSBR 7.1.2.3" },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void Certificate_against_one_rule_has_its_finding_alone(ProfileRule rule, FindingSeverity severity, string section)
    {
        var finding = Assert.Single(CertificateProfile.Judge(Against(rule).Make()));

        Assert.Equal((rule, severity, section), (finding.Code, finding.Severity, finding.Rule));
        Assert.EndsWith(".", finding.Detail, StringComparison.Ordinal);
        Assert.EndsWith(".", finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_rule_of_certificates_has_a_certificate() =>
        Assert.Equal(
            Enum.GetValues<ProfileRule>().Except([ProfileRule.KeyNotInHardware]), Rules.Select(row => (ProfileRule)row[0]));

    [Fact]
    public void Certificate_of_a_public_CA_has_no_finding() => Assert.Empty(CertificateProfile.Judge(new ProfileCertificate().Make()));

    [Fact]
    public void Certificate_with_many_faults_has_all_findings()
    {
        var worst = new ProfileCertificate
        {
            Key = WeakKeys.SubjectPublicKeyInfo(ModulusOf(2048), 4),
            NotAfter = Begin.AddDays(3650),
            KeyUsage = UsageOf(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.KeyEncipherment, critical: false),
            ExtendedKeyUsage = ExtendedUsageOf("2.5.29.37.0", "1.3.6.1.5.5.7.3.1"),
            BasicConstraints = new X509BasicConstraintsExtension(true, false, 0, true),
            Policies = null,
            RevocationList = null,
            Information = null,
            AuthorityKeyIdentifier = null,
        };

        Assert.Equal(
            [
                ProfileRule.RsaKeyTooShort, ProfileRule.RsaExponentInvalid, ProfileRule.ValidityTooLong, ProfileRule.KeyUsageNotCritical,
                ProfileRule.DigitalSignatureMissing, ProfileRule.SignsCertificates, ProfileRule.OtherKeyUsage, ProfileRule.CodeSigningMissing,
                ProfileRule.AnyExtendedKeyUsage, ProfileRule.ServerAuth, ProfileRule.CertificateAuthority, ProfileRule.PolicyMissing,
                ProfileRule.CrlUrlMissing, ProfileRule.IssuerUrlMissing, ProfileRule.AuthorityKeyIdentifierMissing,
            ],
            CodesOf(worst));
    }

    [Theory]
    [InlineData(KeyAlgorithm.Rsa2048)]
    [InlineData(KeyAlgorithm.Rsa3072)]
    [InlineData(KeyAlgorithm.Rsa4096)]
    [InlineData(KeyAlgorithm.EcP256)]
    [InlineData(KeyAlgorithm.EcP384)]
    [InlineData(KeyAlgorithm.EcP521)]
    public async Task Generated_keys_conform_but_for_short_ones(KeyAlgorithm algorithm)
    {
        using var key = await vault.OpenAsync(algorithm);

        ProfileRule[] expected = algorithm == KeyAlgorithm.Rsa2048 ? [ProfileRule.RsaKeyTooShort] : [];
        Assert.Equal(expected, CodesOf(new ProfileCertificate { Key = key.PublicKey.ToArray() }));
    }

    [Fact]
    public void Any_EC_key_conforms_but_with_an_altered_point() =>
        Prop.ForAll(Gen.Choose(0, 2).ToArbitrary(), (int curve) =>
        {
            using var key = ECDsa.Create(new[] { ECCurve.NamedCurves.nistP256, ECCurve.NamedCurves.nistP384, ECCurve.NamedCurves.nistP521 }[curve]);
            var good = key.ExportSubjectPublicKeyInfo();
            byte[] altered = [.. good[..^1], (byte)(good[^1] ^ 1)];
            return CodesOf(new ProfileCertificate { Key = good }) is [] && CodesOf(new ProfileCertificate { Key = altered }) is [ProfileRule.WeakKey];
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Exponent_is_an_error_if_even_or_below_three() =>
        Prop.ForAll((int exponent) =>
        {
            ProfileRule[] expected = exponent < 3 || exponent % 2 == 0 ? [ProfileRule.RsaExponentInvalid]
                : exponent < 65537 ? [ProfileRule.RsaExponentUnusual]
                : [];
            return CodesOf(new ProfileCertificate { Key = WeakKeys.SubjectPublicKeyInfo(Modulus3072.Value, exponent) }).SequenceEqual(expected);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Exponent_of_more_than_256_bits_is_a_warning() =>
        Assert.Equal(
            [ProfileRule.RsaExponentUnusual],
            CodesOf(new ProfileCertificate { Key = WeakKeys.SubjectPublicKeyInfo(Modulus3072.Value, (BigInteger.One << 256) + 1) }));

    [Fact]
    public void Modulus_is_odd_no_power_and_without_factors_below_752()
    {
        var good = Modulus3072.Value;
        var prime = (BigInteger.One << 1024) - 105;
        BigInteger[] weak =
        [
            good - 1, good - (good % 1502) + 751, BigInteger.Pow((BigInteger.One << 1536) - 105, 2), BigInteger.Pow(prime, 3),
            BigInteger.Pow((BigInteger.One << 512) - 569, 6), BigInteger.Pow(809, 318),
        ];

        Assert.All(weak, modulus => Assert.Contains(ProfileRule.WeakKey, CodesOf(new ProfileCertificate { Key = WeakKeys.SubjectPublicKeyInfo(modulus, F4) })));
    }

    [Fact]
    public void Validity_is_bounded_by_460_days_since_March_2026() =>
        Prop.ForAll(Gen.Choose(0, 2000).ToArbitrary(), Gen.Choose(-1, 1).ToArbitrary(), (days, seconds) =>
        {
            var begin = Begin.AddDays(days);
            var end = begin.AddDays(460).AddSeconds(seconds);
            return CodesOf(new ProfileCertificate { NotBefore = begin, NotAfter = end }).Contains(ProfileRule.ValidityTooLong) == seconds > 0;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void Validity_before_March_2026_is_bounded_by_39_months(int seconds, bool isTooLong)
    {
        var begin = Begin.AddSeconds(-1);
        var old = new ProfileCertificate { NotBefore = begin, NotAfter = begin.AddMonths(39).AddSeconds(seconds) };

        Assert.Equal(isTooLong, CodesOf(old).Contains(ProfileRule.ValidityTooLong));
    }

    [Fact]
    public void Usages_that_the_rules_name_are_accepted() =>
        Assert.Empty(CodesOf(new ProfileCertificate
        {
            ExtendedKeyUsage = ExtendedUsageOf(CodeSigning, "1.3.6.1.4.1.311.10.3.13", "1.3.6.1.5.5.7.3.4", "1.3.6.1.4.1.311.3.10.3.12"),
        }));

    [Fact]
    public void Malformed_references_count_as_missing() =>
        Assert.Equal(
            [ProfileRule.PolicyMissing, ProfileRule.IssuerUrlMissing],
            CodesOf(new ProfileCertificate
            {
                Policies = new X509Extension("2.5.29.32", [1, 2, 3], false),
                Information = new X509Extension("1.3.6.1.5.5.7.1.1", [0x30, 0x02, 0x30, 0x00], false),
            }));

    [Fact]
    public void Findings_name_the_certificates_values()
    {
        var findings = CertificateProfile.Judge(new ProfileCertificate { Key = WeakKeys.SubjectPublicKeyInfo(ModulusOf(2048), F4), NotAfter = Begin.AddDays(461) }.Make());

        Assert.Equal(
            [
                "The key is RSA of 2048 bits, and at least 3072 are required.",
                "The certificate is valid for 461 days from 2026-03-01 00:00:00Z, and at most 460 days are allowed.",
            ],
            findings.Select(finding => finding.Detail));
    }

    private static ProfileCertificate Against(ProfileRule rule) => rule switch
    {
        ProfileRule.RsaKeyTooShort => new() { Key = WeakKeys.SubjectPublicKeyInfo(ModulusOf(2048), F4) },
        ProfileRule.UnsupportedKey => new() { Key = ECDsa.Create(ECCurve.NamedCurves.brainpoolP256r1).ExportSubjectPublicKeyInfo() },
        ProfileRule.WeakKey => new() { Key = WeakKeys.SubjectPublicKeyInfo(Modulus3072.Value - 1, F4) },
        ProfileRule.RsaExponentInvalid => new() { Key = WeakKeys.SubjectPublicKeyInfo(Modulus3072.Value, 1) },
        ProfileRule.RsaExponentUnusual => new() { Key = WeakKeys.SubjectPublicKeyInfo(Modulus3072.Value, 3) },
        ProfileRule.ValidityTooLong => new() { NotAfter = Begin.AddDays(461) },
        ProfileRule.KeyUsageMissing => new() { KeyUsage = null },
        ProfileRule.KeyUsageNotCritical => new() { KeyUsage = UsageOf(X509KeyUsageFlags.DigitalSignature, critical: false) },
        ProfileRule.DigitalSignatureMissing => new() { KeyUsage = UsageOf(X509KeyUsageFlags.None) },
        ProfileRule.SignsCertificates => new() { KeyUsage = UsageOf(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.CrlSign) },
        ProfileRule.OtherKeyUsage => new() { KeyUsage = UsageOf(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.NonRepudiation) },
        ProfileRule.CodeSigningMissing => new() { ExtendedKeyUsage = null },
        ProfileRule.AnyExtendedKeyUsage => new() { ExtendedKeyUsage = ExtendedUsageOf(CodeSigning, "2.5.29.37.0") },
        ProfileRule.ServerAuth => new() { ExtendedKeyUsage = ExtendedUsageOf(CodeSigning, "1.3.6.1.5.5.7.3.1") },
        ProfileRule.OtherExtendedKeyUsage => new() { ExtendedKeyUsage = ExtendedUsageOf(CodeSigning, "1.3.6.1.5.5.7.3.8") },
        ProfileRule.CertificateAuthority => new() { BasicConstraints = new X509BasicConstraintsExtension(true, false, 0, true) },
        ProfileRule.PolicyMissing => new() { Policies = null },
        ProfileRule.CrlUrlMissing => new() { RevocationList = RevocationListAt("ldap://crl.example/ca.crl") },
        ProfileRule.IssuerUrlMissing => new() { Information = InformationAt("https://ca.example/ca.cer") },
        ProfileRule.AuthorityKeyIdentifierMissing => new() { AuthorityKeyIdentifier = null },
        ProfileRule.ExtensionCritical => new() { Policies = PoliciesOf(critical: true, "2.23.140.1.4.1") },
        _ => throw new ArgumentOutOfRangeException(nameof(rule)),
    };

    private static ProfileRule[] CodesOf(ProfileCertificate certificate) =>
        [.. CertificateProfile.Judge(certificate.Make()).Select(finding => finding.Code)];

    private static BigInteger ModulusOf(int bits)
    {
        using var rsa = RSA.Create(bits);
        return new BigInteger(rsa.ExportParameters(false).Modulus, isUnsigned: true, isBigEndian: true);
    }
}
