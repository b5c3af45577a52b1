using System.Text.Json;
using CodeSigning.Silo.Ledger.Entries;

namespace CodeSigning.Silo.Ledger.HighWater;

/// <summary>A checkpoint by which a ledger is known again: whoever holds this number and hash holds everything before it too.</summary>
/// <param name="Checkpoint">Its number.</param>
/// <param name="Hash">The hash of its text, lower-case hex.</param>
internal sealed record HighWaterMark(long Checkpoint, string Hash)
{
    public static HighWaterMark Of(long number, string text) => new(number, CheckpointText.Hash(text));

    /// <summary>Reads what <see cref="Write"/> wrote; null where it is something else.</summary>
    public static HighWaterMark? TryRead(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<HighWaterMark>(json, JsonSerializerOptions.Web) is { Checkpoint: > 0, Hash.Length: > 0 } mark
                ? mark
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public byte[] Write() => [.. JsonSerializer.SerializeToUtf8Bytes(this, JsonSerializerOptions.Web), (byte)'\n'];

    public override string ToString() => $"checkpoint {Checkpoint} ({Hash[..Math.Min(16, Hash.Length)]}…)";
}

/// <summary>The store cannot be gone on with as it is. The message is a sentence or two for the operator.</summary>
public sealed class HighWaterException(string message) : Exception(message);
