using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace CodeSigning.Silo.Pki;

/// <summary>Says whether a certificate may sign code. Its validity and revocation are judged when it signs, not here.</summary>
public static class CodeSigningRules
{
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
                faults.Add(fault);
        }
    }

    /// <summary>Refuses a certificate that may not sign code, naming all that is against it.</summary>
    /// <exception cref="CertificateRefusedException">It may not.</exception>
    public static void Ensure(CertificateDetails certificate)
    {
        var faults = Judge(certificate);
        if (faults.IsEmpty)
            return;
        var refusal = faults.All(fault => fault is CodeSigningFault.UnsupportedKey or CodeSigningFault.WeakKey)
            ? CertificateRefusal.UnsuitableKey
            : CertificateRefusal.NotACodeSigningCertificate;
        throw new CertificateRefusedException(
            refusal, $"The certificate cannot sign code: {string.Join(", ", faults.Select(fault => Describe(fault, certificate)))}.");
    }

    private static string Describe(CodeSigningFault fault, CertificateDetails certificate) => fault switch
    {
        CodeSigningFault.NoCodeSigningUsage => "its extended key usage has no codeSigning",
        CodeSigningFault.AnyUsage => "its extended key usage is anyExtendedKeyUsage",
        CodeSigningFault.ServerUsage => "its extended key usage has serverAuth",
        CodeSigningFault.NoDigitalSignature => "its key usage has no digitalSignature",
        CodeSigningFault.SignsCertificates => "its key usage has keyCertSign or cRLSign",
        CodeSigningFault.CertificateAuthority => "it is a CA's",
        CodeSigningFault.UnsupportedKey => "its key is neither RSA of 2048, 3072 or 4096 bits nor EC on P-256, P-384 or P-521",
        CodeSigningFault.WeakKey => certificate.PublicKeyFault switch
        {
            PublicKeyFault.WeakExponent => "its RSA exponent is weak",
            PublicKeyFault.WeakModulus => "its RSA modulus is weak",
            _ => "its public key is malformed",
        },
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}
