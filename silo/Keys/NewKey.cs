namespace CodeSigning.Silo.Keys;

/// <summary>A key pair that was just made or imported and is stored nowhere yet.</summary>
/// <param name="Sealed">What to store, in the commit of the state that names the key.</param>
/// <param name="Handle">The key, to be used now (to sign its own certificate or request); the caller disposes it.</param>
public sealed record NewKey(SealedKey Sealed, KeyHandle Handle);
