namespace CodeSigning.Silo.Ledger.Commits;

/// <summary>An answer as it is stored: encrypted.</summary>
internal readonly record struct SealedAnswer(string Caller, string Scope, string Key, byte[] RequestHash, byte[] Answer);
