namespace CodeSigning.Silo.Storage;

/// <summary>Another transaction was in the way; nothing was written. Repeating it helps.</summary>
internal sealed class StoreContentionException(string message, Exception innerException) : Exception(message, innerException);
