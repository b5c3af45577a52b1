namespace CodeSigning.Silo.Keys;

/// <summary>A symmetric secret that was just made and is stored nowhere yet.</summary>
/// <param name="Sealed">What to store, in the commit of whatever relies on the secret.</param>
/// <param name="Secret">The secret; the caller disposes it.</param>
public sealed record NewSecret(SealedKey Sealed, SecretBytes Secret);
