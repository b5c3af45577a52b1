namespace CodeSigning.Grains.States;

/// <summary>
/// Encrypts what a store keeps and only the service may read: the secrets of webhooks and second factors, and the answers
/// stored for idempotency keys, of which one may contain a secret that is shown only once.
/// </summary>
public interface ISecretSealer
{
    /// <summary>Encrypts; decryption requires the same associated data.</summary>
    byte[] Seal(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> associatedData);

    /// <summary>Decrypts what <see cref="Seal"/> made.</summary>
    /// <returns>False if it was altered or belongs to other associated data.</returns>
    bool TryOpen(ReadOnlySpan<byte> sealedSecret, ReadOnlySpan<byte> associatedData, out byte[] secret);
}
