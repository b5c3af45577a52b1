using System.Security.Cryptography;
using System.Text;
using CodeSigning.Contract;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// Loads the master key from the setting, from the file that the setting names, or from the data directory.
/// </summary>
public static class MasterKeySource
{
    /// <summary>The name of the master key's file in the data directory.</summary>
    public const string FileName = "master.key";

    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(10);

    private const string FilePrefix = "file:";
    private const int LongestFile = 4096;
    private const int MostTurns = 1000;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Loads the master key; generates one only if nothing has been sealed yet.</summary>
    /// <param name="setting">CODESIGNING_MASTER_KEY: base64 of 32 bytes, or <c>file:PATH</c>; null or empty if unset.</param>
    /// <param name="dataDirectory">The directory of <c>master.key</c> if the setting is absent.</param>
    /// <param name="storeIsEmpty">Whether the store has no sealed key, so that a new master key is safe.</param>
    /// <exception cref="MasterKeyException">The master key is missing, malformed or readable by others.</exception>
    public static MasterKey Load(string? setting, string dataDirectory, bool storeIsEmpty)
    {
        if (!string.IsNullOrWhiteSpace(setting))
        {
            using var set = ReadSetting(setting);
            return MasterKey.FromBytes(set.Span);
        }

        var path = Path.Combine(dataDirectory, FileName);
        if (!File.Exists(path))
        {
            if (!storeIsEmpty)
            {
                throw new MasterKeyException(
                    $"The master key is missing: {path} does not exist and CODESIGNING_MASTER_KEY is not set; "
                    + "restore the master key of this store, since a new one could not open its keys.");
            }

            Create(path);
        }

        return ReadFile(path);
    }

    /// <summary>The master key itself, for a sealed backup; the caller disposes it.</summary>
    /// <param name="setting">CODESIGNING_MASTER_KEY; null or empty if unset.</param>
    /// <param name="dataDirectory">The directory of <c>master.key</c> if the setting is absent.</param>
    /// <exception cref="MasterKeyException">The master key is missing, malformed or readable by others.</exception>
    public static SecretBytes Export(string? setting, string dataDirectory) => string.IsNullOrWhiteSpace(setting)
        ? ReadFile(Path.Combine(dataDirectory, FileName), FileName)
        : ReadSetting(setting);

    private static SecretBytes ReadSetting(string setting) => setting.StartsWith(FilePrefix, StringComparison.Ordinal)
        ? ReadFile(setting[FilePrefix.Length..].Trim(), "CODESIGNING_MASTER_KEY")
        : Decode(Encoding.UTF8.GetBytes(setting), "CODESIGNING_MASTER_KEY");

    /// <summary>Reads a master key from a file.</summary>
    /// <exception cref="MasterKeyException">The file is missing, malformed or readable by others.</exception>
    public static MasterKey ReadFile(string path)
    {
        using var bytes = ReadFile(path, path);
        return MasterKey.FromBytes(bytes.Span);
    }

    private static SecretBytes ReadFile(string path, string origin)
    {
        if (path.Length == 0)
        {
            throw new MasterKeyException($"{origin} is invalid: expected a path after 'file:'.");
        }

        byte[] content;
        try
        {
            if (PrivateFiles.FindExposure("The master key", path) is { } mistake)
            {
                throw new MasterKeyException(mistake);
            }

            if (new FileInfo(path).Length > LongestFile)
            {
                throw new MasterKeyException($"The file of {origin} is not a master key: it is longer than {LongestFile} bytes.");
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
            return SecretBytes.CopyOf(content);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>Decodes base64 and zeroes <paramref name="base64"/>.</summary>
    private static SecretBytes Decode(byte[] base64, string origin)
    {
        using var decoded = new SecretBytes(System.Buffers.Text.Base64.GetMaxDecodedFromUtf8Length(base64.Length));
        try
        {
            if (!PastedText.TryDecodeBase64(base64, decoded.Span, out var written) || written != MasterKey.Length)
            {
                throw new MasterKeyException(
                    $"{origin} is not a master key: expected base64 of {MasterKey.Length} random bytes "
                    + "(for example from 'openssl rand -base64 32'), or file:PATH of a file that contains it.");
            }

            return SecretBytes.CopyOf(decoded.Span[..written]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(base64);
        }
    }

    // The file is renamed into place when complete, so that a crash cannot leave half a key; it never replaces another,
    // so that two servers started concurrently on one directory use the same key.
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

        // File.Move checks and renames in two steps, so processes take a lock.
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

    // Deleting the lock file on close is safe: later processes find the key in place.
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
