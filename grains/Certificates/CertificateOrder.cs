using CodeSigning.Certificates;

namespace CodeSigning.Grains.Certificates;

/// <summary>A certificate to be made, and its key with it.</summary>
/// <param name="KeyId">The id that the key gets.</param>
/// <param name="KeyAlgorithm">The kind of the key.</param>
/// <param name="CommonName">The subject's common name.</param>
/// <param name="Life">How long it shall be valid from now; cut off where its issuer ends.</param>
public sealed record CertificateOrder(string KeyId, KeyAlgorithm KeyAlgorithm, string CommonName, TimeSpan Life);
