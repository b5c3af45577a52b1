namespace CodeSigning.Silo.Ledger.Commits;

/// <summary>What a batch adds to one counter, and the most that may stand there before.</summary>
internal readonly record struct CounterRun(string Id, long Increment, long MaxBefore);
