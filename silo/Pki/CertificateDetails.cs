using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Certificates;

namespace CodeSigning.Silo.Pki;

/// <summary>What an X.509 certificate (RFC 5280) says. It holds no handle and need not be disposed.</summary>
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

    /// <summary>The kind of key; null where <see cref="PublicKeyFault"/> says why it is none that is served here.</summary>
    public required KeyAlgorithm? KeyAlgorithm { get; init; }

    /// <summary>Why the key cannot sign code here, or null.</summary>
    public required PublicKeyFault? PublicKeyFault { get; init; }

    /// <summary>The key usages; null if the extension is absent, which allows all.</summary>
    public required X509KeyUsageFlags? KeyUsage { get; init; }

    /// <summary>The extended key usages as object identifiers; default if the extension is absent.</summary>
    public required ImmutableArray<string> ExtendedKeyUsages { get; init; }

    /// <summary>Whether basicConstraints say that it is a CA's.</summary>
    public required bool IsCertificateAuthority { get; init; }

    /// <summary>How many CAs may stand between it and a leaf; null for any number.</summary>
    public required int? PathLength { get; init; }

    /// <summary>The subject key identifier as lower-case hex, or null.</summary>
    public required string? SubjectKeyIdentifier { get; init; }

    /// <summary>The authority key identifier as lower-case hex, or null.</summary>
    public required string? AuthorityKeyIdentifier { get; init; }

    /// <summary>Where its CRL is said to be: the URIs of the CRL distribution points.</summary>
    public required ImmutableArray<string> CrlDistributionPoints { get; init; }

    /// <summary>SHA-256 over the DER, lower-case hex.</summary>
    public required string Thumbprint { get; init; }

    /// <summary>Whether subject and issuer are the same, as in a root.</summary>
    public bool IsSelfIssued => SubjectName.Span.SequenceEqual(IssuerName.Span);
}
