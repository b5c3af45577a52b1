using System.Text.Json.Serialization;

namespace CodeSigning.Grains.Certificates;

/// <summary>Where a certificate stands: owed, then active, then revoked, and never back.</summary>
[JsonDerivedType(typeof(Awaiting), "awaiting")]
[JsonDerivedType(typeof(Active), "active")]
[JsonDerivedType(typeof(Revoked), "revoked")]
public abstract record CertificateStage
{
    private CertificateStage()
    {
    }

    /// <summary>An external CA still owes it.</summary>
    /// <param name="CsrPem">The request that was handed out (RFC 2986).</param>
    public sealed record Awaiting(string CsrPem) : CertificateStage;

    /// <summary>It may be used while its time lasts.</summary>
    /// <param name="Certificate">The certificate.</param>
    public sealed record Active(ChainedCertificate Certificate) : CertificateStage;

    /// <summary>It may not be used any more.</summary>
    /// <param name="Certificate">The certificate.</param>
    /// <param name="Revocation">When and why.</param>
    public sealed record Revoked(
        ChainedCertificate Certificate, Revocation Revocation) : CertificateStage;
}
