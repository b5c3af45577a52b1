using CodeSigning.Grants;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>What to sign. For the OpenAPI document; <see cref="SignRequestReader"/> reads it.</summary>
/// <param name="Data">Base64 of 1 to 128 bytes: the digest, or what the server is to hash.</param>
/// <param name="SigningAlgorithm">The scheme, such as RSASSA_PKCS1_V1_5_SHA256, RSASSA_PSS_SHA384 or ECDSA_SHA512.</param>
/// <param name="IsDigest">Whether the data is the digest already; its length must be the algorithm's.</param>
/// <param name="ClientMetadata">What the client says of itself (tool, hostname, …), 2 KiB in all.</param>
internal sealed record SignBody(
    string Data, string SigningAlgorithm, bool IsDigest, IReadOnlyDictionary<string, string>? ClientMetadata = null);

/// <summary>What to sign. For the OpenAPI document; <see cref="SignRequestReader"/> reads it.</summary>
/// <param name="Items">1 to 1000.</param>
/// <param name="ClientMetadata">What the client says of itself (tool, hostname, …), 2 KiB in all.</param>
internal sealed record SignBatchBody(
    IReadOnlyList<SignBatchItemBody> Items, IReadOnlyDictionary<string, string>? ClientMetadata = null);

/// <summary>One item of a batch.</summary>
/// <param name="Data">Base64 of 1 to 128 bytes: the digest, or what the server is to hash.</param>
/// <param name="SigningAlgorithm">The scheme.</param>
/// <param name="IsDigest">Whether the data is the digest already; its length must be the algorithm's.</param>
internal sealed record SignBatchItemBody(string Data, string SigningAlgorithm, bool IsDigest);

/// <summary>A signature. For the OpenAPI document; <see cref="SignatureAnswer"/> writes it.</summary>
/// <param name="Signature">Base64: RSA's as long as the modulus, ECDSA's as DER, or as r‖s where asked.</param>
/// <param name="SigningAlgorithm">The scheme.</param>
/// <param name="SignerId">The signer's id.</param>
/// <param name="OperationId">The ledger entry's id.</param>
/// <param name="GrantId">The grant that it was made under, where the policy asked for one.</param>
/// <param name="CertificateChain">PEM, leaf first, where asked for.</param>
internal sealed record SignatureBody(
    string Signature,
    string SigningAlgorithm,
    string SignerId,
    string OperationId,
    string? GrantId = null,
    string? CertificateChain = null);

/// <summary>The answers to a batch. For the OpenAPI document; <see cref="BatchHandler"/> writes it.</summary>
/// <param name="Items">
/// In the order of the request: a signature with <c>status</c> 200, or a problem document with its own status.
/// </param>
internal sealed record SignatureBatchBody(IReadOnlyList<SignatureBatchItemBody> Items);

/// <summary>The answer to an item of a batch.</summary>
/// <param name="Status">200 for a signature; otherwise the status of the problem.</param>
/// <param name="Signature">The signature, base64.</param>
/// <param name="SigningAlgorithm">The scheme.</param>
/// <param name="SignerId">The signer's id.</param>
/// <param name="OperationId">The ledger entry's id, where the item came to a decision.</param>
/// <param name="GrantId">The grant that it was made under.</param>
/// <param name="CertificateChain">PEM, leaf first, where asked for.</param>
/// <param name="Title">The problem's title.</param>
/// <param name="Detail">What happened, and what to do.</param>
/// <param name="Code">The problem's stable code.</param>
/// <param name="ErrorId">With InternalError: what the server's log tells of it under.</param>
/// <param name="Request">Where an approval is missing: what to ask for.</param>
internal sealed record SignatureBatchItemBody(
    int Status,
    string? Signature = null,
    string? SigningAlgorithm = null,
    string? SignerId = null,
    string? OperationId = null,
    string? GrantId = null,
    string? CertificateChain = null,
    string? Title = null,
    string? Detail = null,
    string? Code = null,
    string? ErrorId = null,
    SuggestedRequest? Request = null);

/// <summary>
/// The body of a request for exactly the digest that was denied, but for its justification. For the OpenAPI document; it
/// goes out as a member of the denial's problem.
/// </summary>
/// <param name="RequestedSignings">How many signatures.</param>
/// <param name="Scope">What it shall cover.</param>
internal sealed record SuggestedRequest(long RequestedSignings, GrantScope Scope);
