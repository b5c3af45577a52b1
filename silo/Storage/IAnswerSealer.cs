namespace CodeSigning.Silo.Storage;

/// <summary>Encrypts the answers kept for idempotency keys: one may hold a secret that is shown only once.</summary>
public interface IAnswerSealer
{
    /// <summary>Encrypts; the result opens only with the same associated data.</summary>
    byte[] Seal(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> associatedData);

    /// <summary>Decrypts what <see cref="Seal"/> made.</summary>
    /// <returns>False if it was altered or belongs to other associated data.</returns>
    bool TryOpen(ReadOnlySpan<byte> sealedAnswer, ReadOnlySpan<byte> associatedData, out byte[] answer);
}
