namespace CodeSigning.Silo.Storage.Commands;

/// <summary>Files that only the server's user may read.</summary>
internal static class PrivateFile
{
    /// <summary>Makes an empty file before anything is written to it, so that it is never readable by others.</summary>
    public static void Create(string path)
    {
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

        using var file = new FileStream(path, options);
    }

    /// <summary>Waits until the file's content is on the disk.</summary>
    public static void Flush(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
        file.Flush(flushToDisk: true);
    }
}
