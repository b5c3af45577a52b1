using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>Orders the certificates above a leaf and verifies that each issued the one below it.</summary>
public static class CertificateChain
{
    /// <summary>
    /// The maximum number of certificates above a leaf; equal to CS_MAX_AUTHORITIES of the native modules.
    /// </summary>
    public const int MostCertificates = 16;

    /// <summary>
    /// Orders <paramref name="others"/> from the leaf's issuer up. The chain may end before a root; duplicates, and
    /// other certificates of a CA in the chain, are left out.
    /// </summary>
    /// <exception cref="CertificateRefusedException">
    /// A link does not verify, or a certificate does not belong to the chain.
    /// </exception>
    public static ImmutableArray<CertificateDetails> Order(CertificateDetails leaf, IEnumerable<CertificateDetails> others)
    {
        var rest = others.DistinctBy(other => other.Thumbprint).Where(other => other.Thumbprint != leaf.Thumbprint).ToList();
        if (rest.Count > MostCertificates)
        {
            throw new CertificateRefusedException(
                CertificateRefusal.LimitExceeded, $"The chain has more than {MostCertificates} CA certificates.");
        }

        var chain = ImmutableArray.CreateBuilder<CertificateDetails>();
        var current = leaf;
        while (!current.IsSelfIssued && IssuerOf(current, rest, chain.Count) is { } issuer)
        {
            chain.Add(issuer);
            rest.Remove(issuer);
            current = issuer;
        }

        if (current.IsSelfIssued && CertificateSignature.IsBy(current, current) is false)
        {
            throw Broken($"the signature of '{current.Subject}' on itself is not valid");
        }

        rest.RemoveAll(other => chain.Any(link => IsSameAuthority(link, other)));
        if (rest.Count > 0)
        {
            throw new CertificateRefusedException(
                CertificateRefusal.UnrelatedCertificate,
                $"The certificate of '{rest[0].Subject}' issued none of the others: leave it out, or add the missing certificates.");
        }

        return chain.ToImmutable();
    }

    /// <summary>
    /// Finds the issuer, preferring a cross-certificate to a root, so that no given certificate is left over.
    /// </summary>
    private static CertificateDetails? IssuerOf(CertificateDetails certificate, List<CertificateDetails> candidates, int authoritiesBelow)
    {
        var named = candidates
            .Where(candidate => candidate.SubjectName.Span.SequenceEqual(certificate.IssuerName.Span))
            .OrderBy(candidate => candidate.IsSelfIssued)
            .ToList();
        if (named.Count == 0)
        {
            return null;
        }

        var verdicts = named.ConvertAll(candidate => CertificateSignature.IsBy(candidate, certificate));
        var found = verdicts.IndexOf(true);
        if (found < 0)
        {
            throw Broken(verdicts.Contains(null)
                ? $"the signature on '{certificate.Subject}' uses an algorithm that is not accepted, such as SHA-1"
                : $"the signature on '{certificate.Subject}' was not made by the given certificate of '{certificate.Issuer}'");
        }

        EnsureMayIssue(named[found], authoritiesBelow);
        return named[found];
    }

    private static void EnsureMayIssue(CertificateDetails issuer, int authoritiesBelow)
    {
        if (!issuer.IsCertificateAuthority || issuer.KeyUsage is { } usage && !usage.HasFlag(X509KeyUsageFlags.KeyCertSign))
        {
            throw Broken($"'{issuer.Subject}' is not a CA");
        }

        if (issuer.PublicKeyFault is { } fault && fault.IsCompromising())
        {
            throw Broken($"'{issuer.Subject}' can be forged by anyone, since {fault.Describe()}");
        }

        if (issuer.PathLength < authoritiesBelow)
        {
            throw Broken($"'{issuer.Subject}' may have {issuer.PathLength} subordinate CAs but has {authoritiesBelow}");
        }
    }

    private static bool IsSameAuthority(CertificateDetails one, CertificateDetails other) =>
        one.SubjectName.Span.SequenceEqual(other.SubjectName.Span)
        && one.SubjectPublicKeyInfo.Span.SequenceEqual(other.SubjectPublicKeyInfo.Span);

    private static CertificateRefusedException Broken(string what) => new(CertificateRefusal.BrokenChain, $"The chain is broken: {what}.");
}

/// <summary>Verifies the signature on a certificate with its issuer's public key.</summary>
internal static class CertificateSignature
{
    /// <summary>
    /// Whether <paramref name="issuer"/>'s key made the signature on <paramref name="certificate"/>; null if the
    /// signature algorithm (MD5, SHA-1) or the key is not accepted.
    /// </summary>
    public static bool? IsBy(CertificateDetails issuer, CertificateDetails certificate)
    {
        try
        {
            var structure = CertificateStructure.Read(certificate.Der);
            return AlgorithmOf(structure.SignatureAlgorithm) is { } algorithm
                ? Verify(issuer.SubjectPublicKeyInfo, algorithm, structure)
                : null;
        }
        catch (Exception fault) when (fault is AsnContentException or CryptographicException)
        {
            return false;
        }
    }

    private static bool? Verify(ReadOnlyMemory<byte> publicKey, SignatureAlgorithm algorithm, CertificateStructure structure)
    {
        var family = SubjectPublicKeyInfo.FamilyOf(publicKey.Span);
        if (family == SubjectPublicKeyInfo.Family.Other)
        {
            return null;
        }

        if ((family == SubjectPublicKeyInfo.Family.Rsa) != algorithm.Padding is not null)
        {
            return false;
        }

        if (algorithm.Padding is { } padding)
        {
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(publicKey.Span, out _);
            return rsa.VerifyData(structure.Signed.Span, structure.Signature.Span, algorithm.Hash, padding);
        }

        using var ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(publicKey.Span, out _);
        return ecdsa.VerifyData(
            structure.Signed.Span, structure.Signature.Span, algorithm.Hash, DSASignatureFormat.Rfc3279DerSequence);
    }

    private static SignatureAlgorithm? AlgorithmOf(ReadOnlyMemory<byte> identifier)
    {
        var reader = new AsnReader(identifier, AsnEncodingRules.DER).ReadSequence();
        return reader.ReadObjectIdentifier() switch
        {
            Oids.Sha256WithRsaEncryption => new(HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            Oids.Sha384WithRsaEncryption => new(HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
            Oids.Sha512WithRsaEncryption => new(HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
            Oids.EcdsaWithSha256 => new(HashAlgorithmName.SHA256, null),
            Oids.EcdsaWithSha384 => new(HashAlgorithmName.SHA384, null),
            Oids.EcdsaWithSha512 => new(HashAlgorithmName.SHA512, null),
            Oids.RsassaPss => PssAlgorithm(reader.ReadSequence()),
            _ => null,
        };
    }

    /// <summary>RSASSA-PSS-params (RFC 4055, section 3.1) with one hash for data and mask and a salt as long as the digest.</summary>
    private static SignatureAlgorithm? PssAlgorithm(AsnReader parameters)
    {
        var hashTag = new Asn1Tag(TagClass.ContextSpecific, 0);
        var maskTag = new Asn1Tag(TagClass.ContextSpecific, 1);
        var saltTag = new Asn1Tag(TagClass.ContextSpecific, 2);
        if (!parameters.HasData || !parameters.PeekTag().HasSameClassAndValue(hashTag))
        {
            return null; // The default is SHA-1.
        }

        var hash = parameters.ReadSequence(hashTag).ReadSequence().ReadObjectIdentifier();
        var mask = parameters.ReadSequence(maskTag).ReadSequence();
        var maskFunction = mask.ReadObjectIdentifier();
        var maskHash = mask.ReadSequence().ReadObjectIdentifier();
        if (maskFunction != Oids.Mgf1 || maskHash != hash)
        {
            return null;
        }

        var salt = parameters.HasData && parameters.PeekTag().HasSameClassAndValue(saltTag)
            && parameters.ReadSequence(saltTag).TryReadInt32(out var length) ? length : 20;

        return (hash, salt) switch
        {
            (Oids.Sha256, 32) => new(HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
            (Oids.Sha384, 48) => new(HashAlgorithmName.SHA384, RSASignaturePadding.Pss),
            (Oids.Sha512, 64) => new(HashAlgorithmName.SHA512, RSASignaturePadding.Pss),
            _ => null,
        };
    }

    /// <param name="Hash">The hash function.</param>
    /// <param name="Padding">The padding of RSA; null for ECDSA.</param>
    private sealed record SignatureAlgorithm(HashAlgorithmName Hash, RSASignaturePadding? Padding);
}

/// <summary>Compares the public key of a certificate with that of a key pair.</summary>
internal static class KeyMatch
{
    /// <exception cref="CertificateRefusedException">The keys differ.</exception>
    public static void Ensure(CertificateDetails certificate, ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        if (!Canonical(certificate.SubjectPublicKeyInfo.Span).AsSpan().SequenceEqual(Canonical(subjectPublicKeyInfo)))
        {
            throw new CertificateRefusedException(
                CertificateRefusal.KeyMismatch, "The certificate has another key: its public key does not belong to the private key.");
        }
    }

    /// <summary>
    /// The canonical encoding of a key; CAs use several (absent parameters instead of NULL, compressed points).
    /// </summary>
    /// <exception cref="CryptographicException">It is neither an RSA key nor an EC key on a supported curve.</exception>
    public static byte[] Canonical(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        using AsymmetricAlgorithm key = SubjectPublicKeyInfo.FamilyOf(subjectPublicKeyInfo) == SubjectPublicKeyInfo.Family.Rsa
            ? RSA.Create()
            : ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
        return key.ExportSubjectPublicKeyInfo();
    }
}
