namespace CodeSigning.Silo.Keys;

/// <summary>A sealed key could not be opened. The message names the record and never its content.</summary>
public sealed class SealedKeyException(SealedKeyFault fault, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public SealedKeyFault Fault { get; } = fault;
}
