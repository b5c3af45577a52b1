namespace CodeSigning.Gateway.Api.Signing;

/// <summary>What to sign. For the OpenAPI document; <see cref="SignRequestReader"/> reads it.</summary>
/// <param name="Data">Base64 of 1 to 128 bytes: the digest, or what the server is to hash.</param>
/// <param name="SigningAlgorithm">The scheme, such as RSASSA_PKCS1_V1_5_SHA256, RSASSA_PSS_SHA384 or ECDSA_SHA512.</param>
/// <param name="IsDigest">Whether the data is the digest already; its length must be the algorithm's.</param>
/// <param name="ClientMetadata">What the client says of itself (tool, hostname, …), 2 KiB in all.</param>
internal sealed record SignBody(
    string Data, string SigningAlgorithm, bool IsDigest, IReadOnlyDictionary<string, string>? ClientMetadata = null);
