namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>A place where the ledger is not as it was written.</summary>
/// <param name="Stream">The stream; null where it is not about one.</param>
/// <param name="Number">The entry's, or the checkpoint's, number; null where it is not about one.</param>
/// <param name="What">A sentence.</param>
public sealed record LedgerProblem(string? Stream, long? Number, string What);
