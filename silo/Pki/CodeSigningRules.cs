using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace CodeSigning.Silo.Pki;

/// <summary>Says whether a certificate may sign code. Its validity and revocation are judged when it signs, not here.</summary>
public static class CodeSigningRules
{
    /// <summary>What to do about a weak key.</summary>
    internal const string MakeNewKey = "make a new key pair and have a certificate issued for it";

    private const X509KeyUsageFlags Issuing = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign;

    /// <summary>All that is against it; empty if it may sign code.</summary>
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

    /// <summary>Refuses a certificate that may not sign code, naming all that is against it.</summary>
    /// <exception cref="CertificateRefusedException">It may not.</exception>
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
        CodeSigningFault.CertificateAuthority => "it is a CA's",
        CodeSigningFault.UnsupportedKey or CodeSigningFault.WeakKey => certificate.PublicKeyFault!.Value.Describe(),
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}

/// <summary>Why a certificate may not sign code (RFC 5280, section 4.2.1, and CA/Browser Forum 7.1.2.3).</summary>
public enum CodeSigningFault
{
    /// <summary>There is no extended key usage codeSigning.</summary>
    NoCodeSigningUsage = 1,

    /// <summary>It has anyExtendedKeyUsage: a certificate for everything is no code-signing certificate.</summary>
    AnyUsage,

    /// <summary>It is for TLS servers too.</summary>
    ServerUsage,

    /// <summary>It has a key usage, and that has no digitalSignature.</summary>
    NoDigitalSignature,

    /// <summary>It may sign certificates or CRLs.</summary>
    SignsCertificates,

    /// <summary>It is a CA's.</summary>
    CertificateAuthority,

    /// <summary>Its key is of no kind that is served here.</summary>
    UnsupportedKey,

    /// <summary>Its key is malformed or weak.</summary>
    WeakKey,
}
