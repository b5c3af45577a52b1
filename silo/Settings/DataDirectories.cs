using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Settings;

/// <summary>The directory that holds the SQLite file and the master key.</summary>
internal static class DataDirectories
{
    /// <summary>
    /// Makes the directory for its owner alone, or checks that the one that is there, and the master key in it, is closed to
    /// others; then closes the database too.
    /// </summary>
    public static void Prepare(string path, List<string> mistakes)
    {
        try
        {
            PrivateFiles.CreateDirectory(path);
            var open = PrivateFiles.FindExposure("The data directory", path);
            var legible = PrivateFiles.FindExposure("The master key", Path.Combine(path, MasterKeySource.FileName));
            mistakes.AddRange(new[] { open, legible }.OfType<string>());
            if (open is null)
            {
                CloseDatabase(new StorageOptions { DataDirectory = path }.SqliteFile);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            mistakes.Add($"The data directory {path} cannot be used: {fault.Message} Set CODESIGNING_DATA to one that can.");
        }
    }

    // Earlier releases made it under the umask. Nobody else could reach it in a directory that is closed, so that is no reason to
    // refuse a store that was good until now.
    private static void CloseDatabase(string file)
    {
        foreach (var each in new[] { file, file + "-wal", file + "-shm" })
        {
            PrivateFiles.Close(each);
        }
    }
}
