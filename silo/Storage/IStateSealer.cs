namespace CodeSigning.Silo.Storage;

/// <summary>
/// Seals rows of state with a key that the database does not have, so that who can write to the database alone cannot
/// add or change one.
/// </summary>
public interface IStateSealer
{
    /// <summary>Makes the seal of a row: a MAC over its kind, id, version and content.</summary>
    byte[] Seal(string type, string id, long version, ReadOnlySpan<byte> content);

    /// <summary>Whether a row bears the seal that belongs to it; compared in constant time.</summary>
    bool Verify(string type, string id, long version, ReadOnlySpan<byte> content, ReadOnlySpan<byte> seal);
}
