namespace CodeSigning.Silo.Ledger;

/// <summary>The key that signs the heads of batches and the checkpoints: ECDSA on P-256 with SHA-256.</summary>
public interface ILedgerKey
{
    /// <summary>Names the key, so that a verifier with several public keys knows which one to take.</summary>
    string KeyId { get; }

    /// <summary>The public key as SubjectPublicKeyInfo, DER.</summary>
    ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>Signs a SHA-256 digest of 32 bytes; the signature is DER (RFC 3279, section 2.2.3).</summary>
    byte[] SignDigest(ReadOnlySpan<byte> sha256);
}
