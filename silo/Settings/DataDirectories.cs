using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Settings;

/// <summary>The directory that holds the SQLite file and the master key.</summary>
internal static class DataDirectories
{
    /// <summary>
    /// Makes the directory for its owner alone, or checks that the one that is there, and the master key in it, is closed to
    /// others; then closes the database too. Where the start ends for other mistakes, none is made: its name may be one of them.
    /// </summary>
    public static void Prepare(string path, SettingsReader reader)
    {
        if (reader.Mistakes.Count != 0 && !Directory.Exists(path))
        {
            return;
        }

        try
        {
            PrivateFiles.CreateDirectory(path);
            var open = PrivateFiles.FindExposure("The data directory", path);
            var legible = PrivateFiles.FindExposure("The master key", Path.Combine(path, MasterKeySource.FileName));
            foreach (var mistake in new[] { open, legible }.OfType<string>())
            {
                reader.Refuse(mistake);
            }

            if (open is null)
            {
                CloseDatabase(new StorageOptions { DataDirectory = path }.SqliteFile);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            reader.Refuse($"The data directory {path} cannot be used: {fault.Message} Set CODESIGNING_DATA to one that can.");
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
