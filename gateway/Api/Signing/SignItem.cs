using CodeSigning.Signing;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>One thing to be signed; its length fits the algorithm.</summary>
/// <param name="Data">1 to 128 bytes.</param>
/// <param name="Algorithm">The signature scheme.</param>
/// <param name="IsDigest">Whether the data is the digest already.</param>
internal readonly record struct SignItem(byte[] Data, SigningAlgorithm Algorithm, bool IsDigest);
