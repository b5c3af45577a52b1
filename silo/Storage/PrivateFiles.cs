namespace CodeSigning.Silo.Storage;

/// <summary>
/// Files and directories accessible to the server's user only. Windows has no such modes: ACLs are inherited.
/// </summary>
internal static class PrivateFiles
{
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersDirectory = OwnersFile | UnixFileMode.UserExecute;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private static readonly Lock Creating = new();

    /// <summary>Creates an empty file before content is written, so that the content is never readable by others.</summary>
    public static void Create(string path)
    {
        using var file = new FileStream(path, ForCreation(FileMode.CreateNew));
    }

    /// <summary>Creates an empty file if it does not exist.</summary>
    public static void Ensure(string path)
    {
        // Closing a file releases all locks that SQLite holds on it in this process: never open an existing file here,
        // and serialize creation.
        lock (Creating)
        {
            if (!File.Exists(path))
            {
                Create(path);
            }
        }
    }

    /// <summary>Copies the content only, since File.Copy also copies the source's mode.</summary>
    public static void Copy(string source, string target)
    {
        using var content = File.OpenRead(source);
        using var file = new FileStream(target, ForCreation(FileMode.CreateNew));
        content.CopyTo(file);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Replaces a file atomically: readers see the old or the new content.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var arriving = $"{path}.{Environment.ProcessId}.arriving";
        File.Delete(arriving);
        using (var file = new FileStream(arriving, ForCreation(FileMode.CreateNew)))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(arriving, path, overwrite: true);
    }

    /// <summary>
    /// Creates a directory and its missing parents for the owner only; an existing directory is not changed.
    /// </summary>
    public static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnersDirectory);
        }
    }

    /// <summary>Removes others' access to a file, if it exists.</summary>
    public static void Close(string path)
    {
        if (!OperatingSystem.IsWindows() && File.Exists(path))
        {
            File.SetUnixFileMode(path, OwnersFile);
        }
    }

    /// <summary>Flushes the file's content to disk.</summary>
    public static void Flush(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
        file.Flush(flushToDisk: true);
    }

    /// <summary>
    /// The error message for a file or directory that others may access, with the remedy; null if they may not.
    /// </summary>
    public static string? FindExposure(string what, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        // For a link, such as a Kubernetes secret, the target's mode matters.
        FileSystemInfo place = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
        if (!place.Exists)
        {
            return null;
        }

        place = place.ResolveLinkTarget(returnFinalTarget: true) ?? place;
        var isOpen = (place.UnixFileMode & Others) != 0;
        return isOpen
            ? $"{what} {path} is accessible to other users of this machine: run 'chmod {(place is DirectoryInfo ? "700" : "600")} {path}'."
            : null;
    }

    private static FileStreamOptions ForCreation(FileMode mode)
    {
        FileStreamOptions options = new() { Mode = mode, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnersFile;
        }

        return options;
    }
}
