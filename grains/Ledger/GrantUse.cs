namespace CodeSigning.Grains.Ledger;

/// <summary>One use of a grant. Its number is the next after those in the ledger, proposed by the writer and checked under lock.</summary>
/// <param name="GrantId">The grant.</param>
/// <param name="Limit">How many uses it has in all; null for as many as fit its window.</param>
public sealed record GrantUse(string GrantId, long? Limit);
