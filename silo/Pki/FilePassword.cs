using System.Security.Cryptography;
using System.Text;
using CodeSigning.Contract;

namespace CodeSigning.Silo.Pki;

/// <summary>A file's password in the two encodings that schemes derive keys from; zeroed when disposed.</summary>
internal sealed class FilePassword : IDisposable
{
    private FilePassword(byte[] utf8, byte[] bmp) => (Utf8, Bmp) = (utf8, bmp);

    /// <summary>UTF-8, for PBES1, PBES2 and PBMAC1 (RFC 8018, section 3, and RFC 9579, section 4).</summary>
    public byte[] Utf8 { get; }

    /// <summary>UTF-16, big-endian, with its terminating zero, for the schemes of RFC 7292, appendix B.1.</summary>
    public byte[] Bmp { get; }

    /// <summary>
    /// The readings of a password: one, or two of an empty one, which some writers end with a zero and others leave out.
    /// </summary>
    public static FilePassword[] ReadingsOf(SecretText? password) => password is not { Length: > 0 }
        ? [new([], [0, 0]), new([], [])]
        : [new(Encode(Encoding.UTF8, password, zeros: 0), Encode(Encoding.BigEndianUnicode, password, zeros: 2))];

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(Utf8);
        CryptographicOperations.ZeroMemory(Bmp);
    }

    // Pinned, so that the garbage collector makes no copies.
    private static byte[] Encode(Encoding encoding, SecretText password, int zeros)
    {
        var text = password.Characters.Span;
        var bytes = GC.AllocateArray<byte>(encoding.GetByteCount(text) + zeros, pinned: true);
        encoding.GetBytes(text, bytes);
        return bytes;
    }
}

/// <summary>
/// Bounds the key derivation that a file asks for, before it is done. A round is one call of the hash or HMAC that makes
/// the derived bytes.
/// </summary>
internal sealed class DerivationBudget
{
    /// <summary>The maximum number of iterations of one derivation.</summary>
    public const int MostIterations = 600_000;

    /// <summary>
    /// The maximum number of rounds per file, a few seconds' work: GnuTLS derives a key with 600,000 iterations for the MAC,
    /// the private key and every certificate.
    /// </summary>
    public const int MostRounds = 6 * MostIterations;

    private long _rounds;

    /// <summary>Takes a derivation from the budget.</summary>
    /// <param name="iterations">Its iterations.</param>
    /// <param name="blocks">How often it runs them.</param>
    /// <param name="subject">What it opens, in a sentence.</param>
    /// <exception cref="CertificateRefusedException">It exceeds the limit.</exception>
    public void Take(long iterations, int blocks, string subject)
    {
        if (iterations is < 1 or > MostIterations)
        {
            throw new CertificateRefusedException(
                CertificateRefusal.LimitExceeded,
                $"The key derivation of {subject} has {iterations} iterations: expected 1 to {MostIterations}; export it again with fewer.");
        }

        _rounds += iterations * blocks;
        if (_rounds > MostRounds)
        {
            throw new CertificateRefusedException(
                CertificateRefusal.LimitExceeded,
                $"The key derivations up to that of {subject} ({iterations} iterations) add up to {_rounds} rounds: expected at most {MostRounds} in a file; "
                + "export it again with fewer iterations, or with fewer certificates.");
        }
    }
}
