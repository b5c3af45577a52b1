using System.Collections.Immutable;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>What the batch endpoint is asked.</summary>
/// <param name="Items">What is to be signed, 1 to 1000; each is checked when its turn comes.</param>
/// <param name="ClientMetadata">What the client says of itself, or null.</param>
internal readonly record struct BatchRequest(
    IReadOnlyList<SignItemFields> Items, ImmutableSortedDictionary<string, string>? ClientMetadata);
