namespace CodeSigning.Grains.Certificates;

/// <summary>The internal CA that issues.</summary>
/// <param name="KeyId">The vault's key.</param>
/// <param name="Certificate">Its certificate.</param>
/// <param name="RevocationListUrl">Where its CRL is found.</param>
public sealed record Issuer(string KeyId, ChainedCertificate Certificate, Uri RevocationListUrl);
