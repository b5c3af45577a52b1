using System.Text.Json;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Ledger.Checkpoints;

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

/// <summary>The file in which a node keeps its mark, outside the store: an old copy of the store does not bring an old mark with it.</summary>
internal sealed class HighWaterFile(IOptions<StorageOptions> storage)
{
    public string Path => storage.Value.HighWaterPath;

    /// <summary>The mark; null where there is no file.</summary>
    /// <exception cref="HighWaterException">It cannot be read.</exception>
    public HighWaterMark? Read()
    {
        byte[] content;
        try
        {
            if (!File.Exists(Path))
            {
                return null;
            }

            content = File.ReadAllBytes(Path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new HighWaterException($"The high-water mark {Path} cannot be read: {fault.Message} Let the server's user read and write it.");
        }

        return HighWaterMark.TryRead(content) ?? throw new HighWaterException(
            $"The file {Path} is no high-water mark, so whether the store is older than this node knows cannot be told. "
            + "Put it back from a copy; or verify the ledger with a checkpoint that was kept elsewhere, then remove the file.");
    }

    /// <exception cref="HighWaterException">It cannot be written.</exception>
    public void Write(HighWaterMark mark)
    {
        try
        {
            PrivateFiles.Replace(Path, mark.Write());
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new HighWaterException(
                $"The high-water mark {Path} cannot be written: {fault.Message} Set CODESIGNING_HIGH_WATER to a file that can.");
        }
    }

    /// <summary>Removes it, where the store has no checkpoint that it could name.</summary>
    public void Remove() => File.Delete(Path);
}
