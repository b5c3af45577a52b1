using CodeSigning.Certificates;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// A key as it is stored: encrypted under a data key of its own, which is encrypted under the master key. Everything
/// that names the key is associated data of both encryptions, so no part of it can be changed or moved to another
/// record. <see cref="SealedKeyFormat"/> gives its bytes.
/// </summary>
public sealed record SealedKey
{
    /// <summary>The key's name.</summary>
    public required KeyReference Reference { get; init; }

    /// <summary>What the key may be used for.</summary>
    public required KeyPurpose Purpose { get; init; }

    /// <summary>The kind of private key; null for a symmetric secret.</summary>
    public required KeyAlgorithm? Algorithm { get; init; }

    /// <summary>The <see cref="MasterKey.Fingerprint"/> that the data key is wrapped under.</summary>
    public required string MasterKeyFingerprint { get; init; }

    /// <summary>The data key under the master key.</summary>
    public required AesGcmCiphertext WrappedDataKey { get; init; }

    /// <summary>The key's PKCS#8 bytes, or the secret's bytes, under the data key.</summary>
    public required AesGcmCiphertext Content { get; init; }

    /// <summary>The record's bytes; see <see cref="SealedKeyFormat"/>.</summary>
    public byte[] ToBytes() => SealedKeyFormat.Write(this);

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="SealedKeyException">It is no sealed key.</exception>
    public static SealedKey FromBytes(ReadOnlyMemory<byte> bytes) => SealedKeyFormat.Read(bytes);

    /// <summary>Names the record, not its content.</summary>
    public override string ToString() => $"sealed {Purpose} key {Reference}";
}
