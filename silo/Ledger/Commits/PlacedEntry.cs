namespace CodeSigning.Silo.Ledger.Commits;

/// <summary>An entry with its place.</summary>
internal readonly record struct PlacedEntry(
    long Number, long? Use, string OperationId, string Kind, string Outcome, string? SignerId, string ActorId, string? GrantId,
    string Json);
