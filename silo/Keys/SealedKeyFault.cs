namespace CodeSigning.Silo.Keys;

/// <summary>Why a sealed key could not be opened.</summary>
public enum SealedKeyFault
{
    /// <summary>The stored bytes are not a sealed key of a format that this version knows.</summary>
    Malformed,

    /// <summary>The record is another key's, another version's or for another purpose than was asked for.</summary>
    WrongRecord,

    /// <summary>The record was sealed under another master key.</summary>
    OtherMasterKey,

    /// <summary>The record does not authenticate: some byte of it was changed.</summary>
    Altered,

    /// <summary>The store has no such key.</summary>
    Missing,
}
