namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>
/// The database's stream is not what this process wrote: it was restored from a backup, changed by hand, or taken over.
/// Going on would build on it, so the writer ends for good.
/// </summary>
internal sealed class LedgerBrokenException(string message, Exception? innerException = null) : Exception(message, innerException);
