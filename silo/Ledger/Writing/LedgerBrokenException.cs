namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>
/// What this process knows of the ledger is not true any more. The database's stream is not what it wrote (it was restored
/// from a backup, changed by hand, or taken over), or the writer has lost track of it. Going on would build on that, so
/// the writer ends for good and the process with it.
/// </summary>
internal sealed class LedgerBrokenException(string message, Exception? innerException = null) : Exception(message, innerException);
