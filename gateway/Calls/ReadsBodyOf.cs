using CodeSigning.Identities;

namespace CodeSigning.Gateway.Calls;

/// <summary>
/// Whose body an endpoint reads. A long one costs much to take in, so it is not read for a caller who would be refused all
/// the same.
/// </summary>
/// <param name="Demand">Refuses whoever may not make the call.</param>
internal sealed record ReadsBodyOf(Action<Caller> Demand);
