using CodeSigning.Grants;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>A signing request.</summary>
/// <param name="Data">Base64 of 1 to 128 bytes: a digest, or data that the server hashes.</param>
/// <param name="SigningAlgorithm">The scheme, such as RSASSA_PKCS1_V1_5_SHA256, RSASSA_PSS_SHA384 or ECDSA_SHA512.</param>
/// <param name="IsDigest">Whether the data is a digest, which must have the algorithm's length.</param>
/// <param name="ClientMetadata">The client's assertions about itself (tool, hostname, …), at most 2 KiB in total.</param>
internal sealed record SignBody(
    string Data, string SigningAlgorithm, bool IsDigest, IReadOnlyDictionary<string, string>? ClientMetadata = null);

/// <summary>A signing request.</summary>
/// <param name="Items">1 to 1000.</param>
/// <param name="ClientMetadata">The client's assertions about itself (tool, hostname, …), at most 2 KiB in total.</param>
internal sealed record SignBatchBody(
    IReadOnlyList<SignBatchItemBody> Items, IReadOnlyDictionary<string, string>? ClientMetadata = null);

/// <summary>One item of a batch.</summary>
/// <param name="Data">Base64 of 1 to 128 bytes: a digest, or data that the server hashes.</param>
/// <param name="SigningAlgorithm">The scheme.</param>
/// <param name="IsDigest">Whether the data is a digest, which must have the algorithm's length.</param>
internal sealed record SignBatchItemBody(string Data, string SigningAlgorithm, bool IsDigest);

/// <summary>A signature.</summary>
/// <param name="Signature">
/// The signature, base64: for RSA as long as the modulus, for ECDSA in DER, or r‖s if requested.
/// </param>
/// <param name="SigningAlgorithm">The scheme.</param>
/// <param name="SignerId">The signer's id.</param>
/// <param name="OperationId">The ledger entry's id.</param>
/// <param name="GrantId">The grant that it was made under; absent if the policy required none.</param>
/// <param name="CertificateChain">The chain as PEM, leaf first, if requested.</param>
internal sealed record SignatureBody(
    string Signature,
    string SigningAlgorithm,
    string SignerId,
    string OperationId,
    string? GrantId = null,
    string? CertificateChain = null);

/// <summary>The response to a batch.</summary>
/// <param name="Items">
/// In the order of the request: a signature with <c>status</c> 200, or a problem document with its own status.
/// </param>
internal sealed record SignatureBatchBody(IReadOnlyList<SignatureBatchItemBody> Items);

/// <summary>The response to an item of a batch.</summary>
/// <param name="Status">200 for a signature; otherwise the status of the problem.</param>
/// <param name="Signature">The signature, base64.</param>
/// <param name="SigningAlgorithm">The scheme.</param>
/// <param name="SignerId">The signer's id.</param>
/// <param name="OperationId">The ledger entry's id, if the item was decided.</param>
/// <param name="GrantId">The grant that it was made under.</param>
/// <param name="CertificateChain">The chain as PEM, leaf first, if requested.</param>
/// <param name="Title">The problem's title.</param>
/// <param name="Detail">What happened and what to do.</param>
/// <param name="Code">The problem's stable code.</param>
/// <param name="ErrorId">With InternalError: the id of the entry in the server's log.</param>
/// <param name="Request">If an approval is missing: the body of the request to create.</param>
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
/// The body of a request for exactly the denied digest, without its justification. A member of a denial's problem
/// document.
/// </summary>
/// <param name="RequestedSignings">The number of signatures.</param>
/// <param name="Scope">The scope.</param>
internal sealed record SuggestedRequest(long RequestedSignings, GrantScope Scope);
