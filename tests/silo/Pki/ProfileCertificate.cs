using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Silo.Pki;

namespace CodeSigning.Silo.Tests.Pki;

/// <summary>A certificate as a public CA issues it, to be made worse in one way at a time.</summary>
internal sealed record ProfileCertificate
{
    public static readonly DateTimeOffset Begin = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Lazy<ECDsa> Authority = new(() => ECDsa.Create(ECCurve.NamedCurves.nistP256));

    private static readonly Lazy<byte[]> GoodKey = new(() => ECDsa.Create(ECCurve.NamedCurves.nistP256).ExportSubjectPublicKeyInfo());

    public byte[] Key { get; init; } = GoodKey.Value;

    public DateTimeOffset NotBefore { get; init; } = Begin;

    public DateTimeOffset NotAfter { get; init; } = Begin.AddDays(460);

    public X509Extension? KeyUsage { get; init; } = UsageOf(X509KeyUsageFlags.DigitalSignature);

    public X509Extension? ExtendedKeyUsage { get; init; } = ExtendedUsageOf("1.3.6.1.5.5.7.3.3");

    public X509Extension? BasicConstraints { get; init; }

    public X509Extension? Policies { get; init; } = PoliciesOf(critical: false, "2.23.140.1.4.1");

    public X509Extension? RevocationList { get; init; } = RevocationListAt("http://crl.example/ca.crl");

    public X509Extension? Information { get; init; } = InformationAt("http://ca.example/ca.cer");

    public X509Extension? AuthorityKeyIdentifier { get; init; } = X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(new byte[20]);

    public CertificateDetails Make()
    {
        var name = new X500DistinguishedName("CN=Example Ltd");
        var request = new CertificateRequest(name, PublicKey.CreateFromSubjectPublicKeyInfo(Key, out _), HashAlgorithmName.SHA256);
        X509Extension?[] extensions =
            [KeyUsage, ExtendedKeyUsage, BasicConstraints, Policies, RevocationList, Information, AuthorityKeyIdentifier];
        foreach (var extension in extensions.OfType<X509Extension>())
        {
            request.CertificateExtensions.Add(extension);
        }

        using var certificate = request.Create(
            new X500DistinguishedName("CN=Example CA"), X509SignatureGenerator.CreateForECDsa(Authority.Value), NotBefore, NotAfter, [1, 2, 3]);
        return CertificateInspection.Read(certificate.RawData);
    }

    public static X509Extension UsageOf(X509KeyUsageFlags usage, bool critical = true) => new X509KeyUsageExtension(usage, critical);

    public static X509Extension ExtendedUsageOf(params string[] oids) =>
        new X509EnhancedKeyUsageExtension([.. oids.Select(oid => new Oid(oid))], critical: false);

    public static X509Extension RevocationListAt(string url, bool critical = false) =>
        CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([url], critical);

    public static X509Extension InformationAt(string url, bool critical = false) =>
        new X509AuthorityInformationAccessExtension(["http://ocsp.example"], [url], critical);

    public static X509Extension PoliciesOf(bool critical, params string[] oids)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var oid in oids)
            {
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(oid);
                }
            }
        }

        return new X509Extension("2.5.29.32", writer.Encode(), critical);
    }
}
