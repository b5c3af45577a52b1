using System.Text.Json.Serialization;

namespace CodeSigning.Grains.Certificates;

/// <summary>Where a certificate stands: owed, then active, then revoked, and never back.</summary>
[JsonDerivedType(typeof(Awaiting), "awaiting")]
[JsonDerivedType(typeof(Active), "active")]
[JsonDerivedType(typeof(Revoked), "revoked")]
[GenerateSerializer, Immutable, Alias("codesigning.CertificateStage")]
public abstract record CertificateStage
{
    private CertificateStage()
    {
    }

    /// <summary>An external CA still owes it.</summary>
    /// <param name="CsrPem">The request that was handed out (RFC 2986).</param>
    [GenerateSerializer, Immutable, Alias("codesigning.CertificateAwaiting")]
    public sealed record Awaiting([property: Id(0)] string CsrPem) : CertificateStage;

    /// <summary>It may be used while its time lasts.</summary>
    /// <param name="Certificate">The certificate.</param>
    [GenerateSerializer, Immutable, Alias("codesigning.CertificateActive")]
    public sealed record Active([property: Id(0)] ChainedCertificate Certificate) : CertificateStage;

    /// <summary>It may not be used any more.</summary>
    /// <param name="Certificate">The certificate.</param>
    /// <param name="Revocation">When and why.</param>
    [GenerateSerializer, Immutable, Alias("codesigning.CertificateRevoked")]
    public sealed record Revoked(
        [property: Id(0)] ChainedCertificate Certificate, [property: Id(1)] Revocation Revocation) : CertificateStage;
}
