namespace CodeSigning.Silo.Ledger.Commits;

/// <summary>The uses of one grant in a batch: so many are in the ledger before it.</summary>
internal readonly record struct GrantRun(string GrantId, long CountBefore);
