namespace CodeSigning.Silo.Keys;

/// <summary>
/// A signature was made that does not verify with the certificate's public key: the key is not the certificate's, or the
/// machine miscalculated. The signature is thrown away.
/// </summary>
public sealed class SignatureCheckException(KeyReference key)
    : Exception($"A signature by key {key} did not verify with its certificate and was thrown away.")
{
    /// <summary>The key.</summary>
    public KeyReference Key { get; } = key;
}
