using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Ledger.HighWater;

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
