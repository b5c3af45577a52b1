namespace CodeSigning.Silo.Storage;

/// <summary>Files and directories that only the server's user may read and write. Windows has no such modes: its ACLs are inherited.</summary>
internal static class PrivateFiles
{
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersDirectory = OwnersFile | UnixFileMode.UserExecute;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private static readonly Lock Creating = new();

    /// <summary>Makes an empty file before anything is written to it, so that it is never readable by others.</summary>
    public static void Create(string path)
    {
        using var file = new FileStream(path, ForCreation(FileMode.CreateNew));
    }

    /// <summary>Makes an empty file where there is none.</summary>
    public static void Ensure(string path)
    {
        // Closing a file takes away the locks that SQLite holds on it in this process: one that is there is not opened, and
        // nobody opens a new one before it is closed.
        lock (Creating)
        {
            if (!File.Exists(path))
            {
                Create(path);
            }
        }
    }

    /// <summary>Copies the content alone: a copy by the platform has its source's mode.</summary>
    public static void Copy(string source, string target)
    {
        using var content = File.OpenRead(source);
        using var file = new FileStream(target, ForCreation(FileMode.CreateNew));
        content.CopyTo(file);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Puts a file with a content in the place of one that may be there. Whoever reads finds the one or the other, whole.</summary>
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

    /// <summary>Makes a directory, and what is missing above it, for its owner alone; one that is there is left as it is.</summary>
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

    /// <summary>Closes a file to others, where it is there.</summary>
    public static void Close(string path)
    {
        if (!OperatingSystem.IsWindows() && File.Exists(path))
        {
            File.SetUnixFileMode(path, OwnersFile);
        }
    }

    /// <summary>Waits until the file's content is on the disk.</summary>
    public static void Flush(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
        file.Flush(flushToDisk: true);
    }

    /// <summary>What is wrong with a file or directory that others may read or write, and what to do; null where they may not.</summary>
    public static string? MistakeOf(string what, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        // Of a link, such as a secret that Kubernetes mounts, the target's mode counts.
        FileSystemInfo place = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
        if (!place.Exists)
        {
            return null;
        }

        place = place.ResolveLinkTarget(returnFinalTarget: true) ?? place;
        var isOpen = (place.UnixFileMode & Others) != 0;
        return isOpen
            ? $"{what} {path} is open to other users of this machine. Run: chmod {(place is DirectoryInfo ? "700" : "600")} {path}"
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
