using CodeSigning.Grants;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>
/// The body of a request for exactly the digest that was denied, but for its justification. For the OpenAPI document; it
/// goes out as a member of the denial's problem.
/// </summary>
/// <param name="RequestedSignings">How many signatures.</param>
/// <param name="Scope">What it shall cover.</param>
internal sealed record SuggestedRequest(long RequestedSignings, GrantScope Scope);
