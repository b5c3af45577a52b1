using System.Collections.Immutable;
using CodeSigning.Certificates;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Certificates;

/// <summary>What a decision to sign needs to know of a certificate, and the versions that it knows.</summary>
/// <param name="Basis">The versions of the certificate and of every internal CA above it.</param>
/// <param name="Id">The certificate's id.</param>
/// <param name="KeyId">The vault's key.</param>
/// <param name="KeyAlgorithm">The kind of the key.</param>
/// <param name="SerialNumber">Lower-case hex.</param>
/// <param name="Thumbprint">SHA-256 over the DER, lower-case hex.</param>
/// <param name="NotBefore">The beginning of the validity that the certificate and those above it have in common (UTC).</param>
/// <param name="NotAfter">Its end (UTC).</param>
/// <param name="IsIssued">Whether there is a certificate yet (an external CA may not have issued it).</param>
/// <param name="IsRevoked">Whether it, or a CA above it, was revoked.</param>
/// <param name="SubjectPublicKeyInfo">The public key as DER (RFC 5280, section 4.1.2.7).</param>
public sealed record CertificateFacts(
    ImmutableArray<StateVersion> Basis,
    string Id,
    string KeyId,
    KeyAlgorithm KeyAlgorithm,
    string SerialNumber,
    string Thumbprint,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    bool IsIssued,
    bool IsRevoked,
    ImmutableArray<byte> SubjectPublicKeyInfo);
