namespace CodeSigning.Gateway.Api.Signing;

/// <summary>One item of a batch.</summary>
/// <param name="Data">Base64 of 1 to 128 bytes: the digest, or what the server is to hash.</param>
/// <param name="SigningAlgorithm">The scheme.</param>
/// <param name="IsDigest">Whether the data is the digest already; its length must be the algorithm's.</param>
internal sealed record SignBatchItemBody(string Data, string SigningAlgorithm, bool IsDigest);
