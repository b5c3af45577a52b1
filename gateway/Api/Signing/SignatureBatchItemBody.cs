namespace CodeSigning.Gateway.Api.Signing;

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
