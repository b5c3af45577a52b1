namespace CodeSigning.Silo.Hosting;

/// <summary>The directory that holds the SQLite file and the master key.</summary>
internal static class DataDirectories
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Makes the directory for its owner alone, or checks that the one that is there is closed to others.</summary>
    public static void Prepare(string path, List<string> mistakes)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else if (!Directory.Exists(path))
            {
                Directory.CreateDirectory(path, OwnerOnly);
            }
            else if ((File.GetUnixFileMode(path) & Others) != 0)
            {
                mistakes.Add($"The data directory {path} is open to every user of this machine. Run: chmod 700 {path}");
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            mistakes.Add($"The data directory {path} cannot be used: {fault.Message} Set CODESIGNING_DATA to one that can.");
        }
    }
}
