using System.Collections.Immutable;
using CodeSigning.Ledger;

namespace CodeSigning.Certificates;

/// <summary>What a decision to sign needs to know of a certificate, and the versions that it knows.</summary>
/// <param name="Basis">The versions of the certificate and of every internal CA above it.</param>
/// <param name="Id">The certificate's id.</param>
/// <param name="KeyId">The vault's key.</param>
/// <param name="KeyAlgorithm">The kind of the key.</param>
/// <param name="SerialNumber">Lower-case hex.</param>
/// <param name="Thumbprint">SHA-256 over the DER, lower-case hex.</param>
/// <param name="NotBefore">The beginning of the validity that the certificate and those above it have in common (UTC).</param>
/// <param name="NotAfter">Its end (UTC).</param>
/// <param name="IsIssued">Whether there is a certificate yet (an external CA may still owe it).</param>
/// <param name="IsRevoked">Whether it, or a CA above it, was revoked.</param>
/// <param name="SubjectPublicKeyInfo">The public key as DER (RFC 5280, section 4.1.2.7).</param>
[GenerateSerializer, Immutable, Alias("codesigning.CertificateFacts")]
public sealed record CertificateFacts(
    [property: Id(0)] ImmutableArray<StateVersion> Basis,
    [property: Id(1)] string Id,
    [property: Id(2)] string KeyId,
    [property: Id(3)] KeyAlgorithm KeyAlgorithm,
    [property: Id(4)] string SerialNumber,
    [property: Id(5)] string Thumbprint,
    [property: Id(6)] DateTimeOffset NotBefore,
    [property: Id(7)] DateTimeOffset NotAfter,
    [property: Id(8)] bool IsIssued,
    [property: Id(9)] bool IsRevoked,
    [property: Id(10)] ImmutableArray<byte> SubjectPublicKeyInfo);
