using System.Collections.Immutable;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>What the sign endpoint is asked.</summary>
/// <param name="Item">What is to be signed.</param>
/// <param name="ClientMetadata">What the client says of itself, or null.</param>
internal readonly record struct SignRequest(SignItem Item, ImmutableSortedDictionary<string, string>? ClientMetadata);
