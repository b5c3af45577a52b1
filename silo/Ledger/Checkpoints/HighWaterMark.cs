using System.Text.Json;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Ledger.Checkpoints;

/// <summary>A checkpoint that identifies a ledger's history: its number and hash cover everything before it.</summary>
/// <param name="Checkpoint">Its number.</param>
/// <param name="Hash">The hash of its text, lower-case hex.</param>
internal sealed record HighWaterMark(long Checkpoint, string Hash)
{
    public static HighWaterMark Of(long number, string text) => new(number, CheckpointText.Hash(text));

    /// <summary>Parses the JSON of <see cref="Write"/>; null if it is malformed.</summary>
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

/// <summary>
/// The store does not match this node's high-water mark, or the mark cannot be used. The message is for the operator.
/// </summary>
public sealed class HighWaterException(string message) : Exception(message);

/// <summary>
/// The file of a node's high-water mark. It is outside the store, so that an old copy of the store has no old mark.
/// </summary>
internal sealed class HighWaterFile(IOptions<StorageOptions> storage)
{
    public string Path => storage.Value.HighWaterPath;

    /// <summary>The mark; null if there is no file.</summary>
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
            throw new HighWaterException($"The high-water mark {Path} cannot be read: allow the server's user to read and write it ({fault.Message})");
        }

        return HighWaterMark.TryRead(content) ?? throw new HighWaterException(
            $"The file {Path} is not a high-water mark, so the age of the store cannot be checked: "
            + "restore the file from a copy, or verify the ledger with a checkpoint kept elsewhere and then remove the file.");
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
                $"The high-water mark {Path} cannot be written: set CODESIGNING_HIGH_WATER to a writable file ({fault.Message})");
        }
    }

    /// <summary>Removes the file, for a store without checkpoints.</summary>
    public void Remove() => File.Delete(Path);
}
