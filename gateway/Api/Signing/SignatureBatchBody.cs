namespace CodeSigning.Gateway.Api.Signing;

/// <summary>The answers to a batch. For the OpenAPI document; <see cref="BatchHandler"/> writes it.</summary>
/// <param name="Items">
/// In the order of the request: a signature with <c>status</c> 200, or a problem document with its own status.
/// </param>
internal sealed record SignatureBatchBody(IReadOnlyList<SignatureBatchItemBody> Items);
