namespace CodeSigning.Silo.Storage;

/// <summary>The store refuses what it was given for good; nothing was written. Repeating it does not help.</summary>
internal sealed class StoreRejectedException(string message, Exception innerException) : Exception(message, innerException);
