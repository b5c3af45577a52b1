using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Certificates;

namespace CodeSigning.Silo.Pki;

/// <summary>Reads certificates.</summary>
public static class CertificateInspection
{
    /// <summary>The maximum size of a certificate, in bytes.</summary>
    public const int LongestCertificate = 64 * 1024;

    private static readonly Asn1Tag FullName = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag Uri = new(TagClass.ContextSpecific, 6);

    /// <summary>Reads one certificate in DER.</summary>
    /// <param name="der">The certificate.</param>
    /// <param name="field">The request's field with the certificate; null if it is from elsewhere.</param>
    /// <exception cref="CertificateRefusedException">It is malformed or too long.</exception>
    public static CertificateDetails Read(ReadOnlyMemory<byte> der, string? field = null)
    {
        var where = field is null ? "" : $" in '{field}'";
        if (der.Length > LongestCertificate)
        {
            throw new CertificateRefusedException(
                CertificateRefusal.LimitExceeded, $"A certificate{where} is longer than {LongestCertificate} bytes.");
        }

        try
        {
            var structure = CertificateStructure.Read(der);
            // Also load it with the platform: what that rejects, clients' tools may reject too.
            X509CertificateLoader.LoadCertificate(der.Span).Dispose();
            return Interpret(der.ToArray(), structure);
        }
        catch (Exception fault) when (fault is AsnContentException or CryptographicException)
        {
            throw new CertificateRefusedException(CertificateRefusal.Malformed, $"A certificate{where} is damaged: expected an X.509 certificate in DER.");
        }
    }

    private static CertificateDetails Interpret(byte[] der, CertificateStructure structure)
    {
        var (keyAlgorithm, keyFault) = PublicKeyRules.Judge(structure.SubjectPublicKeyInfo);
        var constraints = Decode<X509BasicConstraintsExtension>(structure, Oids.BasicConstraints);
        var usages = Decode<X509EnhancedKeyUsageExtension>(structure, Oids.ExtendedKeyUsage)?.EnhancedKeyUsages;
        return new CertificateDetails
        {
            Der = der,
            SerialNumber = SerialNumber.ToHex(structure.SerialNumber.Span),
            Subject = DistinguishedName.Format(structure.Subject),
            Issuer = DistinguishedName.Format(structure.Issuer),
            SubjectName = structure.Subject.ToArray(),
            IssuerName = structure.Issuer.ToArray(),
            NotBefore = structure.NotBefore,
            NotAfter = structure.NotAfter,
            SubjectPublicKeyInfo = structure.SubjectPublicKeyInfo.ToArray(),
            KeyAlgorithm = keyAlgorithm,
            PublicKeyFault = keyFault,
            KeyUsage = Decode<X509KeyUsageExtension>(structure, Oids.KeyUsage)?.KeyUsages,
            ExtendedKeyUsages = usages is null ? default : [.. usages.Cast<Oid>().Select(usage => usage.Value!)],
            IsCertificateAuthority = constraints?.CertificateAuthority ?? false,
            PathLength = constraints is { HasPathLengthConstraint: true } ? constraints.PathLengthConstraint : null,
            SubjectKeyIdentifier =
                Decode<X509SubjectKeyIdentifierExtension>(structure, Oids.SubjectKeyIdentifier)?.SubjectKeyIdentifier?.ToLowerInvariant(),
            AuthorityKeyIdentifier =
                Decode<X509AuthorityKeyIdentifierExtension>(structure, Oids.AuthorityKeyIdentifier)?.KeyIdentifier is { } identifier
                    ? Convert.ToHexStringLower(identifier.Span)
                    : null,
            CrlDistributionPoints = DistributionPoints(structure),
            PolicyIdentifiers = PolicyIdentifiers(structure),
            IssuerUrls = IssuerUrls(structure),
            CriticalExtensions = [.. structure.CriticalExtensions],
            Thumbprint = Convert.ToHexStringLower(SHA256.HashData(der)),
        };
    }

    private static TExtension? Decode<TExtension>(CertificateStructure structure, string oid)
        where TExtension : X509Extension, new()
    {
        if (!structure.Extensions.TryGetValue(oid, out var value))
        {
            return null;
        }

        var extension = new TExtension();
        extension.CopyFrom(new X509Extension(oid, value.Span, critical: false));
        return extension;
    }

    /// <summary>The URIs of CRLDistributionPoints (RFC 5280, section 4.2.1.13).</summary>
    private static ImmutableArray<string> DistributionPoints(CertificateStructure structure)
    {
        if (!structure.Extensions.TryGetValue(Oids.CrlDistributionPoints, out var value))
        {
            return [];
        }

        var uris = ImmutableArray.CreateBuilder<string>();
        var points = new AsnReader(value, AsnEncodingRules.DER).ReadSequence();
        while (points.HasData)
        {
            var point = points.ReadSequence();
            if (!point.HasData || !point.PeekTag().HasSameClassAndValue(FullName))
            {
                continue;
            }

            var name = point.ReadSequence(FullName);
            if (!name.PeekTag().HasSameClassAndValue(FullName))
            {
                continue;
            }

            var generalNames = name.ReadSequence(FullName);
            while (generalNames.HasData)
            {
                if (generalNames.PeekTag().HasSameClassAndValue(Uri))
                {
                    uris.Add(generalNames.ReadCharacterString(UniversalTagNumber.IA5String, Uri));
                }
                else
                {
                    generalNames.ReadEncodedValue();
                }
            }
        }

        return uris.ToImmutable();
    }

    /// <summary>The policies of CertificatePolicies (RFC 5280, section 4.2.1.4).</summary>
    private static ImmutableArray<string> PolicyIdentifiers(CertificateStructure structure) => ReadList(
        structure, Oids.CertificatePolicies, static policies => policies.ReadSequence().ReadObjectIdentifier());

    /// <summary>The URIs of caIssuers in AuthorityInfoAccess (RFC 5280, section 4.2.2.1).</summary>
    private static ImmutableArray<string> IssuerUrls(CertificateStructure structure) => ReadList(
        structure,
        Oids.AuthorityInformationAccess,
        static descriptions =>
        {
            var description = descriptions.ReadSequence();
            return description.ReadObjectIdentifier() == Oids.CaIssuers && description.PeekTag().HasSameClassAndValue(Uri)
                ? description.ReadCharacterString(UniversalTagNumber.IA5String, Uri)
                : null;
        });

    // These two are for information: a malformed one says nothing, and makes no certificate useless that signed before.
    private static ImmutableArray<string> ReadList(CertificateStructure structure, string oid, Func<AsnReader, string?> readNext)
    {
        if (!structure.Extensions.TryGetValue(oid, out var value))
        {
            return [];
        }

        try
        {
            var found = ImmutableArray.CreateBuilder<string>();
            for (var elements = new AsnReader(value, AsnEncodingRules.DER).ReadSequence(); elements.HasData;)
            {
                if (readNext(elements) is { } element)
                {
                    found.Add(element);
                }
            }

            return found.ToImmutable();
        }
        catch (AsnContentException)
        {
            return [];
        }
    }
}

/// <summary>The contents of an X.509 certificate (RFC 5280). It holds no handle and need not be disposed.</summary>
public sealed record CertificateDetails
{
    /// <summary>The certificate itself, DER.</summary>
    public required ReadOnlyMemory<byte> Der { get; init; }

    /// <summary>The serial number as lower-case hex without leading zero bytes.</summary>
    public required string SerialNumber { get; init; }

    /// <summary>The subject as text (RFC 4514).</summary>
    public required string Subject { get; init; }

    /// <summary>The issuer as text (RFC 4514).</summary>
    public required string Issuer { get; init; }

    /// <summary>The subject's Name, DER.</summary>
    public required ReadOnlyMemory<byte> SubjectName { get; init; }

    /// <summary>The issuer's Name, DER.</summary>
    public required ReadOnlyMemory<byte> IssuerName { get; init; }

    /// <summary>The first moment of its validity (UTC).</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary>The last moment of its validity (UTC).</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>SubjectPublicKeyInfo, DER.</summary>
    public required ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; init; }

    /// <summary>The key algorithm; null if it is not supported, see <see cref="PublicKeyFault"/>.</summary>
    public required KeyAlgorithm? KeyAlgorithm { get; init; }

    /// <summary>Why the key cannot be used for signing code, or null.</summary>
    public required PublicKeyFault? PublicKeyFault { get; init; }

    /// <summary>The key usages; null if the extension is absent, which allows all.</summary>
    public required X509KeyUsageFlags? KeyUsage { get; init; }

    /// <summary>The extended key usages as object identifiers; default if the extension is absent.</summary>
    public required ImmutableArray<string> ExtendedKeyUsages { get; init; }

    /// <summary>Whether basicConstraints mark it as a CA certificate.</summary>
    public required bool IsCertificateAuthority { get; init; }

    /// <summary>The maximum number of CAs between it and a leaf; null for unlimited.</summary>
    public required int? PathLength { get; init; }

    /// <summary>The subject key identifier as lower-case hex, or null.</summary>
    public required string? SubjectKeyIdentifier { get; init; }

    /// <summary>The authority key identifier as lower-case hex, or null.</summary>
    public required string? AuthorityKeyIdentifier { get; init; }

    /// <summary>The URIs of its CRL distribution points.</summary>
    public required ImmutableArray<string> CrlDistributionPoints { get; init; }

    /// <summary>The object identifiers of its certificate policies.</summary>
    public required ImmutableArray<string> PolicyIdentifiers { get; init; }

    /// <summary>The URIs of its issuer's certificate.</summary>
    public required ImmutableArray<string> IssuerUrls { get; init; }

    /// <summary>The object identifiers of the extensions that are critical.</summary>
    public required ImmutableArray<string> CriticalExtensions { get; init; }

    /// <summary>SHA-256 over the DER, lower-case hex.</summary>
    public required string Thumbprint { get; init; }

    /// <summary>Whether a time (UTC) is within its validity, whose end is excluded.</summary>
    public bool IsValidAt(DateTimeOffset time) => time >= NotBefore && time < NotAfter;

    /// <summary>Whether subject and issuer are the same, as in a root.</summary>
    public bool IsSelfIssued => SubjectName.Span.SequenceEqual(IssuerName.Span);
}
