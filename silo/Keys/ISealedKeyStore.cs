namespace CodeSigning.Silo.Keys;

/// <summary>
/// Where sealed keys are read from. Nothing is written through it: a new key is stored in the same commit as the state
/// that names it, or not at all.
/// </summary>
public interface ISealedKeyStore
{
    /// <summary>Reads the record of a key; null if there is none.</summary>
    Task<SealedKey?> LoadAsync(KeyReference reference, CancellationToken cancellationToken);
}
