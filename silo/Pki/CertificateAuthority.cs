using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Certificates;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// Issues certificates and CRLs with the key of an internal CA in the vault, following RFC 5280 and, for code-signing
/// certificates, CA/Browser Forum 7.1.2.3.
/// </summary>
/// <param name="key">The CA's key, which the caller disposes.</param>
/// <param name="certificate">The CA's certificate.</param>
/// <param name="time">The clock.</param>
public sealed class CertificateAuthority(KeyHandle key, CertificateDetails certificate, TimeProvider time)
{
    // Tolerates verifiers whose clocks are behind.
    private static readonly TimeSpan Backdating = TimeSpan.FromMinutes(5);

    /// <summary>Creates the self-signed certificate of a root CA.</summary>
    /// <exception cref="CertificateRefusedException">The name is not valid in a certificate.</exception>
    public static CertificateDetails CreateRoot(KeyHandle key, string commonName, TimeSpan lifetime, TimeProvider time)
    {
        var name = new X500DistinguishedName(DistinguishedName.FromCommonName(commonName));
        var publicKey = PublicKey.CreateFromSubjectPublicKeyInfo(key.PublicKey.Span, out _);
        var generator = new VaultSignatureGenerator(key);
        var request = new CertificateRequest(name, publicKey, generator.Hash);
        request.AddAuthorityExtensions(publicKey, pathLength: null);
        var now = WholeSeconds(time.GetUtcNow());
        using var root = request.Create(name, generator, now - Backdating, now + Positive(lifetime), SerialNumber.Random());
        return CertificateInspection.Read(root.RawData);
    }

    /// <summary>Issues the certificate of a subordinate CA, which may issue leaf certificates only.</summary>
    /// <param name="subjectPublicKeyInfo">The new CA's public key, DER.</param>
    /// <param name="commonName">The new CA's name.</param>
    /// <param name="lifetime">The validity; cut to this CA's validity.</param>
    /// <param name="crlUri">The URL of this CA's CRL, or null.</param>
    /// <exception cref="CertificateRefusedException">
    /// The name is invalid, or this CA may not issue the certificate.
    /// </exception>
    public CertificateDetails IssueAuthority(
        ReadOnlyMemory<byte> subjectPublicKeyInfo, string commonName, TimeSpan lifetime, Uri? crlUri)
    {
        if (certificate.PathLength is 0)
        {
            throw Unsuitable("may issue code-signing certificates only, no subordinate CAs");
        }

        return Issue(
            subjectPublicKeyInfo, commonName, lifetime, crlUri, (request, publicKey) => request.AddAuthorityExtensions(publicKey, pathLength: 0));
    }

    /// <summary>Issues a code-signing certificate.</summary>
    /// <param name="subjectPublicKeyInfo">The subject's public key, DER.</param>
    /// <param name="commonName">The subject's name.</param>
    /// <param name="lifetime">The validity; cut to this CA's validity.</param>
    /// <param name="crlUri">The URL of this CA's CRL, or null.</param>
    /// <exception cref="CertificateRefusedException">
    /// The name or the key is invalid, or this CA may not issue the certificate.
    /// </exception>
    public CertificateDetails IssueCodeSigning(
        ReadOnlyMemory<byte> subjectPublicKeyInfo, string commonName, TimeSpan lifetime, Uri? crlUri)
    {
        var leaf = Issue(
            subjectPublicKeyInfo, commonName, lifetime, crlUri, (request, publicKey) => request.AddCodeSigningExtensions(publicKey));
        CodeSigningRules.Ensure(leaf);
        return leaf;
    }

    /// <summary>Builds this CA's CRL (RFC 5280, section 5).</summary>
    /// <param name="revoked">All revoked certificates of this CA.</param>
    /// <param name="number">The CRL number, higher than that of every earlier CRL.</param>
    /// <param name="lifetime">The lifetime.</param>
    public RevocationList BuildRevocationList(IEnumerable<RevokedCertificate> revoked, long number, TimeSpan lifetime)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        var builder = new CertificateRevocationListBuilder();
        foreach (var entry in revoked)
        {
            builder.AddEntry(SerialNumber.ToInteger(entry.SerialNumber), entry.At, entry.CrlReason);
        }

        var thisUpdate = WholeSeconds(time.GetUtcNow());
        var nextUpdate = thisUpdate + Positive(lifetime);
        var generator = new VaultSignatureGenerator(key);
        var der = builder.Build(
            new X500DistinguishedName(certificate.SubjectName.Span), generator, new BigInteger(number), nextUpdate,
            generator.Hash, AuthorityKeyIdentifier(), thisUpdate);
        return new RevocationList(der, number, thisUpdate, nextUpdate);
    }

    private CertificateDetails Issue(
        ReadOnlyMemory<byte> subjectPublicKeyInfo, string commonName, TimeSpan lifetime, Uri? crlUri,
        Action<CertificateRequest, PublicKey> addExtensions)
    {
        var name = new X500DistinguishedName(DistinguishedName.FromCommonName(commonName));
        var publicKey = PublicKey.CreateFromSubjectPublicKeyInfo(subjectPublicKeyInfo.Span, out _);
        var (notBefore, notAfter) = Validity(lifetime);
        var generator = new VaultSignatureGenerator(key);
        var request = new CertificateRequest(name, publicKey, generator.Hash);
        addExtensions(request, publicKey);
        request.CertificateExtensions.Add(AuthorityKeyIdentifier());
        if (crlUri is not null)
        {
            request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([crlUri.AbsoluteUri]));
        }

        using var issued = request.Create(
            new X500DistinguishedName(certificate.SubjectName.Span), generator, notBefore, notAfter, SerialNumber.Random());
        return CertificateInspection.Read(issued.RawData);
    }

    private (DateTimeOffset NotBefore, DateTimeOffset NotAfter) Validity(TimeSpan lifetime)
    {
        var now = WholeSeconds(time.GetUtcNow());
        if (!certificate.IsCertificateAuthority)
        {
            throw Unsuitable("is not a CA");
        }

        if (now < certificate.NotBefore || now >= certificate.NotAfter)
        {
            throw Unsuitable($"is valid from {certificate.NotBefore:u} to {certificate.NotAfter:u} only");
        }

        var notBefore = now - Backdating;
        var notAfter = now + Positive(lifetime);
        return (notBefore < certificate.NotBefore ? certificate.NotBefore : notBefore,
            notAfter > certificate.NotAfter ? certificate.NotAfter : notAfter);
    }

    private X509AuthorityKeyIdentifierExtension AuthorityKeyIdentifier() =>
        certificate.SubjectKeyIdentifier is { } identifier
            ? X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(Convert.FromHexString(identifier))
            : throw Unsuitable("has no subject key identifier");

    private CertificateRefusedException Unsuitable(string why) =>
        new(CertificateRefusal.UnsuitableIssuer, $"The CA '{certificate.Subject}' {why}.");

    private static TimeSpan Positive(TimeSpan lifetime)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lifetime, TimeSpan.FromSeconds(1));
        return lifetime;
    }

    private static DateTimeOffset WholeSeconds(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}

/// <summary>A CRL (RFC 5280, section 5).</summary>
/// <param name="Der">The CRL itself, DER.</param>
/// <param name="Number">Its number.</param>
/// <param name="ThisUpdate">When it was issued (UTC).</param>
/// <param name="NextUpdate">When the next one is due (UTC).</param>
public sealed record RevocationList(ReadOnlyMemory<byte> Der, long Number, DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate);

/// <summary>An entry of a CRL.</summary>
/// <param name="SerialNumber">Lower-case hex.</param>
/// <param name="At">When it was revoked (UTC).</param>
/// <param name="Reason">The reason.</param>
public sealed record RevokedCertificate(string SerialNumber, DateTimeOffset At, RevocationReason Reason)
{
    // RFC 5280, section 5.3.1: without a reason the extension should be absent.
    internal X509RevocationReason? CrlReason =>
        Reason == RevocationReason.Unspecified ? null : (X509RevocationReason)(int)Reason;
}

/// <summary>Certificate serial numbers: positive integers (RFC 5280, section 4.1.2.2), as lower-case hex in text.</summary>
internal static class SerialNumber
{
    private const int RandomLength = 16;

    /// <summary>A new number of 128 random bits, unsigned and big-endian, and therefore unique.</summary>
    public static byte[] Random()
    {
        var number = RandomNumberGenerator.GetBytes(RandomLength);
        return number.AsSpan().ContainsAnyExcept((byte)0) ? number : Random();
    }

    /// <summary>The hex text of an INTEGER, without the leading zero byte that keeps it positive.</summary>
    public static string ToHex(ReadOnlySpan<byte> integer) => Convert.ToHexStringLower(integer.Length > 1 ? integer.TrimStart((byte)0) : integer);

    /// <summary>The bytes of the INTEGER for a text.</summary>
    public static byte[] ToInteger(string hex)
    {
        var number = Convert.FromHexString(hex);
        return (number[0] & 0x80) == 0 ? number : [0, .. number];
    }
}
