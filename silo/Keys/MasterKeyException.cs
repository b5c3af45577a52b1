namespace CodeSigning.Silo.Keys;

/// <summary>
/// The master key is missing, malformed or not the one that this store was sealed with. The message is for the operator
/// who starts the server and says what to do; it never holds any part of a key.
/// </summary>
public sealed class MasterKeyException : Exception
{
    /// <summary>Makes the exception with a sentence for the operator.</summary>
    public MasterKeyException(string message) : base(message)
    {
    }

    /// <summary>Makes the exception with a sentence for the operator and the fault below it.</summary>
    public MasterKeyException(string message, Exception inner) : base(message, inner)
    {
    }
}
