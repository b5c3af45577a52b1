namespace CodeSigning.Certificates;

/// <summary>The certificate that an external CA issued for a key of the vault.</summary>
/// <param name="CertificatePem">The leaf; its key must be the one of the request.</param>
/// <param name="ChainPem">The certificates above it, in any order.</param>
public sealed record InstallCertificate(string CertificatePem, string? ChainPem = null);
