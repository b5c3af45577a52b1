namespace CodeSigning.Silo.Storage;

/// <summary>The store cannot be reached or cannot write at the moment. Whether a write that was under way took place is not known.</summary>
internal sealed class StoreUnavailableException(string message, Exception innerException) : Exception(message, innerException);
