using System.Text.Json.Serialization;

namespace CodeSigning.Grains.Certificates;

/// <summary>A certificate that was issued, with all that is above it.</summary>
/// <param name="Pem">The certificate.</param>
/// <param name="ChainPem">The certificates above it, issuer after issuer; empty for a self-signed one.</param>
/// <param name="SerialNumber">Lower-case hex.</param>
/// <param name="Thumbprint">SHA-256 over the DER, lower-case hex.</param>
/// <param name="NotBefore">When it begins (UTC).</param>
/// <param name="NotAfter">When it ends (UTC).</param>
public sealed record ChainedCertificate(
    string Pem,
    string ChainPem,
    string SerialNumber,
    string Thumbprint,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter)
{
    /// <summary>The certificate and those above it, leaf first.</summary>
    [JsonIgnore]
    public string WithChainPem => Pem + ChainPem;
}
