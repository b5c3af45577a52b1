namespace CodeSigning.Gateway.Api.Signing;

/// <summary>What to sign. For the OpenAPI document; <see cref="SignRequestReader"/> reads it.</summary>
/// <param name="Items">1 to 1000.</param>
/// <param name="ClientMetadata">What the client says of itself (tool, hostname, …), 2 KiB in all.</param>
internal sealed record SignBatchBody(
    IReadOnlyList<SignBatchItemBody> Items, IReadOnlyDictionary<string, string>? ClientMetadata = null);
