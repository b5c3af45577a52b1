using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Entries;

/// <summary>
/// JSON objects whose last member is a signature over the same text without that member: heads, checkpoints and the
/// first line of an export.
/// </summary>
internal static class SignedText
{
    private static ReadOnlySpan<byte> Member => ",\"signature\":\""u8;

    private static ReadOnlySpan<byte> End => "\"}"u8;

    /// <summary>Signs a JSON object: appends the key id and the signature.</summary>
    /// <param name="open">The object without its closing brace.</param>
    /// <param name="key">The ledger's key.</param>
    public static string Sign(string open, ILedgerKey key)
    {
        var body = $"{open},\"keyId\":\"{key.KeyId}\"";
        var signature = key.SignDigest(SHA256.HashData(Encoding.UTF8.GetBytes(body + "}")));
        return $"{body}{Encoding.UTF8.GetString(Member)}{Convert.ToBase64String(signature)}\"}}";
    }

    /// <summary>Parses a signed text into the signed digest and the signature.</summary>
    /// <returns>False if the text does not end like a signed one.</returns>
    public static bool TryRead(ReadOnlySpan<byte> text, out byte[] digest, out byte[] signature)
    {
        (digest, signature) = ([], []);
        var start = text.LastIndexOf(Member);
        if (start < 1 || !text.EndsWith(End) || text.Length < start + Member.Length + End.Length)
        {
            return false;
        }

        var base64 = Encoding.ASCII.GetString(text[(start + Member.Length)..^End.Length]);
        var bytes = new byte[base64.Length];
        // Accept only canonical base64; otherwise the text could be changed without invalidating the signature.
        if (!Convert.TryFromBase64String(base64, bytes, out var length) || Convert.ToBase64String(bytes, 0, length) != base64)
        {
            return false;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(text[..start]);
        hash.AppendData("}"u8);
        (digest, signature) = (hash.GetHashAndReset(), bytes[..length]);
        return true;
    }
}

/// <summary>The key that signs the heads of batches and the checkpoints: ECDSA on P-256 with SHA-256.</summary>
public interface ILedgerKey
{
    /// <summary>The key's id, by which a verifier selects the public key.</summary>
    string KeyId { get; }

    /// <summary>The public key as SubjectPublicKeyInfo, DER.</summary>
    ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>Signs a SHA-256 digest of 32 bytes; the signature is DER (RFC 3279, section 2.2.3).</summary>
    byte[] SignDigest(ReadOnlySpan<byte> sha256);
}

/// <summary>Writes checkpoints: the end of every stream, signed and chained to the previous checkpoint.</summary>
internal static class CheckpointText
{
    /// <summary>The previous hash of the first checkpoint.</summary>
    public static string NoPrevious { get; } = new('0', 2 * SHA256.HashSizeInBytes);

    public static string Sign(long number, string? previous, string at, IEnumerable<StreamEnd> heads, ILedgerKey key)
    {
        StringBuilder text = new();
        text.Append("{\"kind\":\"checkpoint\",\"number\":").Append(number)
            .Append(",\"previousHash\":\"").Append(previous is null ? NoPrevious : Hash(previous))
            .Append("\",\"at\":\"").Append(at).Append("\",\"heads\":[");
        AppendHeads(text, heads);
        return SignedText.Sign(text.Append(']').ToString(), key);
    }

    /// <summary>The hash of a checkpoint's whole text, which the next one refers to.</summary>
    public static string Hash(string checkpoint) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(checkpoint)));

    /// <summary>The time of a checkpoint, as text.</summary>
    public static string At(byte[] checkpoint)
    {
        using var document = JsonDocument.Parse(checkpoint);
        return document.RootElement.GetProperty("at").GetString()!;
    }

    /// <summary>Whether a checkpoint lists exactly these ends.</summary>
    public static bool HasHeads(string checkpoint, IEnumerable<StreamEnd> heads)
    {
        StringBuilder text = new("\"heads\":[");
        AppendHeads(text, heads);
        return checkpoint.Contains(text.Append(']').ToString(), StringComparison.Ordinal);
    }

    /// <summary>Writes streams' ends as objects, separated by commas.</summary>
    public static void AppendHeads(StringBuilder text, IEnumerable<StreamEnd> heads)
    {
        var separator = "";
        foreach (var head in heads)
        {
            text.Append(separator).Append("{\"stream\":\"").Append(head.Stream).Append('"');
            if (head.First != 1)
            {
                text.Append(",\"first\":").Append(head.First);
            }

            text.Append(",\"number\":").Append(head.Number)
                .Append(",\"hash\":\"").Append(head.Hash).Append('"').Append(head.IsClosed ? ",\"closed\":true}" : "}");
            separator = ",";
        }
    }
}

/// <summary>Writes the signed head of a batch, which covers the stream up to this entry.</summary>
internal static class HeadText
{
    public static string Sign(string stream, long number, ReadOnlySpan<byte> hash, string at, bool closing, ILedgerKey key) =>
        SignedText.Sign(
            $"{{\"kind\":\"head\",\"stream\":\"{stream}\",\"number\":{number},\"hash\":\"{Convert.ToHexStringLower(hash)}\","
            + $"\"at\":\"{at}\"{(closing ? ",\"closing\":true" : "")}",
            key);
}

/// <summary>
/// Writes the first line of an export. It is signed, so that a part cannot pass for the whole and an export cannot be
/// truncated.
/// </summary>
internal static class ExportText
{
    public static string Sign(
        long atMs, DateTimeOffset? from, DateTimeOffset? to, (long First, long Last) checkpoints, IEnumerable<StreamEnd> ends, ILedgerKey key)
    {
        StringBuilder text = new("{\"kind\":\"export\",\"version\":1");
        Append("at", LedgerTime.ToTime(atMs));
        Append("from", from);
        Append("to", to);
        if (checkpoints.Last >= checkpoints.First)
        {
            text.Append(",\"checkpoints\":{\"first\":").Append(checkpoints.First).Append(",\"last\":").Append(checkpoints.Last).Append('}');
        }

        text.Append(",\"heads\":[");
        CheckpointText.AppendHeads(text, ends);
        return SignedText.Sign(text.Append(']').ToString(), key);

        void Append(string name, DateTimeOffset? time)
        {
            if (time is { } given)
            {
                text.Append(",\"").Append(name).Append("\":\"").Append(LedgerTime.ToText(LedgerTime.ToMilliseconds(given))).Append('"');
            }
        }
    }
}
