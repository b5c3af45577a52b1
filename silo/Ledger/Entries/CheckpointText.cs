using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace CodeSigning.Silo.Ledger.Entries;

/// <summary>Writes checkpoints: what every stream ends in, signed and chained to the checkpoint before.</summary>
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

    /// <summary>The hash by which the next checkpoint names this one: over its whole text.</summary>
    public static string Hash(string checkpoint) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(checkpoint)));

    /// <summary>The time that a checkpoint bears, as text.</summary>
    public static string At(byte[] checkpoint)
    {
        using var document = JsonDocument.Parse(checkpoint);
        return document.RootElement.GetProperty("at").GetString()!;
    }

    /// <summary>Whether a checkpoint names just these ends.</summary>
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
