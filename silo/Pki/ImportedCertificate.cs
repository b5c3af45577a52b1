using System.Collections.Immutable;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>A certificate and its key brought in; stored nowhere yet.</summary>
/// <param name="Leaf">The certificate.</param>
/// <param name="Chain">The certificates above it, issuer after issuer.</param>
/// <param name="Key">Its key, sealed; the caller disposes the handle.</param>
public sealed record ImportedCertificate(CertificateDetails Leaf, ImmutableArray<CertificateDetails> Chain, NewKey Key);
