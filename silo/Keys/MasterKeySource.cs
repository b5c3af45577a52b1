using System.Security.Cryptography;
using System.Text;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Keys;

/// <summary>Finds the master key: in the setting, in the file the setting names, or in the data directory.</summary>
public static class MasterKeySource
{
    /// <summary>The name of the master key's file in the data directory.</summary>
    public const string FileName = "master.key";

    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(10);

    private const string FilePrefix = "file:";
    private const int LongestFile = 4096;
    private const int MostTurns = 1000;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Loads the master key, and makes one only where nothing has been sealed yet.</summary>
    /// <param name="setting">CODESIGNING_MASTER_KEY: base64 of 32 bytes, or <c>file:PATH</c>; null or empty if unset.</param>
    /// <param name="dataDirectory">Where <c>master.key</c> is kept if there is no setting.</param>
    /// <param name="storeIsEmpty">Whether the store holds no sealed key, so that a new master key loses nothing.</param>
    /// <exception cref="MasterKeyException">There is none, or it is malformed or readable by others.</exception>
    public static MasterKey Load(string? setting, string dataDirectory, bool storeIsEmpty)
    {
        if (!string.IsNullOrWhiteSpace(setting))
        {
            return setting.StartsWith(FilePrefix, StringComparison.Ordinal)
                ? ReadFile(setting[FilePrefix.Length..].Trim(), "CODESIGNING_MASTER_KEY")
                : Decode(Encoding.UTF8.GetBytes(setting), "CODESIGNING_MASTER_KEY");
        }

        var path = Path.Combine(dataDirectory, FileName);
        if (!File.Exists(path))
        {
            if (!storeIsEmpty)
            {
                throw new MasterKeyException(
                    $"The store holds sealed keys, but {path} is missing and CODESIGNING_MASTER_KEY is not set. "
                    + "Put back the master key that belongs to this store; a new one could not open its keys.");
            }

            Create(path);
        }

        return ReadFile(path, path);
    }

    private static MasterKey ReadFile(string path, string origin)
    {
        if (path.Length == 0)
        {
            throw new MasterKeyException($"{origin} names no file; write file:PATH.");
        }

        byte[] content;
        try
        {
            if (PrivateFiles.MistakeOf("The master key", path) is { } mistake)
            {
                throw new MasterKeyException(mistake);
            }

            if (new FileInfo(path).Length > LongestFile)
            {
                throw new MasterKeyException($"The file of {origin} is no master key: it is longer than {LongestFile} bytes.");
            }

            content = File.ReadAllBytes(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new MasterKeyException($"The master key file {path} cannot be read: {fault.Message}", fault);
        }

        if (content.Length != MasterKey.Length)
        {
            return Decode(content, origin);
        }

        try
        {
            return MasterKey.FromBytes(content);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>Decodes base64 and zeroes <paramref name="base64"/>.</summary>
    private static MasterKey Decode(byte[] base64, string origin)
    {
        using var decoded = new SecretBytes(System.Buffers.Text.Base64.GetMaxDecodedFromUtf8Length(base64.Length));
        try
        {
            var status = System.Buffers.Text.Base64.DecodeFromUtf8(base64, decoded.Span, out _, out var written);
            if (status != System.Buffers.OperationStatus.Done || written != MasterKey.Length)
            {
                throw new MasterKeyException(
                    $"{origin} is no master key: it must be base64 of {MasterKey.Length} random bytes "
                    + "(for example from: openssl rand -base64 32), or file:PATH of a file that holds that.");
            }

            return MasterKey.FromBytes(decoded.Span[..written]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(base64);
        }
    }

    // The file appears under its name only when it is whole, so that a crash cannot leave half a key; and it never
    // replaces another, so that of two servers started at once on one directory both use the first one's key.
    private static void Create(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var draft = $"{path}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using (var key = SecretBytes.Random(MasterKey.Length))
        using (var text = new SecretBytes(System.Buffers.Text.Base64.GetMaxEncodedToUtf8Length(MasterKey.Length)))
        using (var file = new FileStream(draft, options))
        {
            System.Buffers.Text.Base64.EncodeToUtf8(key.Span, text.Span, out _, out var length);
            file.Write(text.Span[..length]);
            file.WriteByte((byte)'\n');
            file.Flush(flushToDisk: true);
        }

        // A move looks for the target and then renames, so nodes take turns, also those of other processes.
        using (TakeTurn(path + ".lock"))
        {
            if (File.Exists(path))
            {
                File.Delete(draft);
            }
            else
            {
                File.Move(draft, path);
            }
        }
    }

    // Whoever comes after the first finds the key in its place, so it does no harm that the lock's file goes with the lock.
    private static FileStream TakeTurn(string path)
    {
        for (var turn = 1; ; turn++)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
            }
            catch (IOException) when (turn < MostTurns)
            {
                Thread.Sleep(Turn);
            }
        }
    }
}
