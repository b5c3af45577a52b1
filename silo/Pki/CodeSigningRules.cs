using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// Decides whether a certificate is a code-signing certificate. Validity and revocation are checked at each signature,
/// not here.
/// </summary>
public static class CodeSigningRules
{
    /// <summary>The remedy for a weak key.</summary>
    internal const string MakeNewKey = "make a new key pair and have a certificate issued for it";

    private const X509KeyUsageFlags Issuing = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign;

    /// <summary>All faults; empty for a code-signing certificate.</summary>
    public static ImmutableArray<CodeSigningFault> Judge(CertificateDetails certificate)
    {
        var usages = certificate.ExtendedKeyUsages.IsDefault ? [] : certificate.ExtendedKeyUsages;
        var faults = ImmutableArray.CreateBuilder<CodeSigningFault>();
        Add(!usages.Contains(Oids.CodeSigning), CodeSigningFault.NoCodeSigningUsage);
        Add(usages.Contains(Oids.AnyExtendedKeyUsage), CodeSigningFault.AnyUsage);
        Add(usages.Contains(Oids.ServerAuth), CodeSigningFault.ServerUsage);
        Add(certificate.KeyUsage is { } usage && !usage.HasFlag(X509KeyUsageFlags.DigitalSignature), CodeSigningFault.NoDigitalSignature);
        Add((certificate.KeyUsage & Issuing) is not (null or 0), CodeSigningFault.SignsCertificates);
        Add(certificate.IsCertificateAuthority, CodeSigningFault.CertificateAuthority);
        Add(certificate.PublicKeyFault is PublicKeyFault.Unsupported, CodeSigningFault.UnsupportedKey);
        Add(certificate.PublicKeyFault is not (null or PublicKeyFault.Unsupported), CodeSigningFault.WeakKey);
        return faults.ToImmutable();

        void Add(bool isAgainst, CodeSigningFault fault)
        {
            if (isAgainst)
            {
                faults.Add(fault);
            }
        }
    }

    /// <summary>Refuses a certificate that is not a code-signing certificate, naming all faults.</summary>
    /// <exception cref="CertificateRefusedException">It has a fault.</exception>
    public static void Ensure(CertificateDetails certificate)
    {
        var faults = Judge(certificate);
        if (faults.IsEmpty)
        {
            return;
        }

        var what = $"The certificate cannot sign code: {string.Join(", ", faults.Select(fault => Describe(fault, certificate)))}";
        throw faults switch
        {
            [CodeSigningFault.UnsupportedKey] => new CertificateRefusedException(CertificateRefusal.UnsuitableKey, $"{what}."),
            [CodeSigningFault.WeakKey] => new CertificateRefusedException(CertificateRefusal.WeakKey, $"{what}; {MakeNewKey}."),
            _ => new CertificateRefusedException(CertificateRefusal.NotACodeSigningCertificate, $"{what}."),
        };
    }

    private static string Describe(CodeSigningFault fault, CertificateDetails certificate) => fault switch
    {
        CodeSigningFault.NoCodeSigningUsage => "its extended key usage has no codeSigning",
        CodeSigningFault.AnyUsage => "its extended key usage is anyExtendedKeyUsage",
        CodeSigningFault.ServerUsage => "its extended key usage has serverAuth",
        CodeSigningFault.NoDigitalSignature => "its key usage has no digitalSignature",
        CodeSigningFault.SignsCertificates => "its key usage has keyCertSign or cRLSign",
        CodeSigningFault.CertificateAuthority => "it is a CA certificate",
        CodeSigningFault.UnsupportedKey or CodeSigningFault.WeakKey => certificate.PublicKeyFault!.Value.Describe(certificate.SubjectPublicKeyInfo),
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}

/// <summary>
/// Why a certificate is not a code-signing certificate (RFC 5280, section 4.2.1, and CA/Browser Forum 7.1.2.3).
/// </summary>
public enum CodeSigningFault
{
    /// <summary>It lacks the extended key usage codeSigning.</summary>
    NoCodeSigningUsage = 1,

    /// <summary>It has anyExtendedKeyUsage, which code-signing certificates must not have.</summary>
    AnyUsage,

    /// <summary>It is also a TLS server certificate.</summary>
    ServerUsage,

    /// <summary>Its key usage lacks digitalSignature.</summary>
    NoDigitalSignature,

    /// <summary>It may sign certificates or CRLs.</summary>
    SignsCertificates,

    /// <summary>It is a CA certificate.</summary>
    CertificateAuthority,

    /// <summary>Its key algorithm is not supported.</summary>
    UnsupportedKey,

    /// <summary>Its key is malformed or weak.</summary>
    WeakKey,
}
