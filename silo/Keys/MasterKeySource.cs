using System.Buffers.Text;
using CodeSigning.Contract;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// Reads master keys: this node's own from the setting, from the file that the setting names or from the data directory, and
/// others from files. Each is plain, or wrapped by an HSM.
/// </summary>
/// <param name="setting">
/// CODESIGNING_MASTER_KEY: base64 of 32 bytes, a wrapped master key, or <c>file:PATH</c> of a file with either; null or empty if unset.
/// </param>
/// <param name="dataDirectory">The directory of <c>master.key</c> if the setting is absent.</param>
/// <param name="hsm">CODESIGNING_MASTER_KEY_HSM: the HSM that must have wrapped the node's own; null for a plain one.</param>
/// <param name="unwrap">Unwraps by an HSM; throws a <see cref="MasterKeyException"/> if it cannot.</param>
public sealed class MasterKeySource(
    string? setting, string dataDirectory, string? hsm = null, Func<WrappedMasterKey, SecretBytes>? unwrap = null)
{
    /// <summary>The name of the master key's file in the data directory.</summary>
    public const string FileName = "master.key";

    private const string SettingName = "CODESIGNING_MASTER_KEY";
    private const string HsmSettingName = "CODESIGNING_MASTER_KEY_HSM";
    private const int MostTurns = 1000;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(10);

    private string OwnFile => Path.Combine(dataDirectory, FileName);

    /// <summary>Whether this node has a master key, which may be malformed.</summary>
    public bool Exists => !string.IsNullOrWhiteSpace(setting) || File.Exists(OwnFile);

    /// <summary>Loads this node's master key; generates a plain one only if nothing has been sealed yet and no HSM is to wrap it.</summary>
    /// <param name="storeIsEmpty">Whether the store has no sealed key, so that a new master key is safe.</param>
    /// <exception cref="MasterKeyException">
    /// The master key is missing, malformed, readable by others, or not wrapped as the settings say, or the HSM does not unwrap it.
    /// </exception>
    public MasterKey Load(bool storeIsEmpty)
    {
        if (!Exists)
        {
            if (hsm is not null)
            {
                throw new MasterKeyException(
                    $"The master key is missing: {OwnFile} does not exist and {SettingName} is not set; {HsmSettingName} asks for one that the HSM "
                    + $"'{hsm}' wrapped: make one with 'wrap-master-key', or restore that of this store.");
            }

            if (!storeIsEmpty)
            {
                throw new MasterKeyException(
                    $"The master key is missing: {OwnFile} does not exist and {SettingName} is not set; "
                    + "restore the master key of this store, since a new one could not open its keys.");
            }

            Create(OwnFile);
        }

        using var stored = ReadStored();
        return Open(stored);
    }

    /// <summary>This node's master key as it is stored, for a sealed backup: no HSM is asked. The caller disposes it.</summary>
    /// <exception cref="MasterKeyException">The master key is missing, malformed, readable by others, or not wrapped as the settings say.</exception>
    public StoredMasterKey ReadStored()
    {
        var stored = ReadOwn();
        if (stored.Wrapped?.Hsm == hsm)
        {
            return stored;
        }

        stored.Dispose();
        throw new MasterKeyException((stored.Wrapped, hsm) switch
        {
            (null, _) => $"The master key is not wrapped, but {HsmSettingName} asks for one that the HSM '{hsm}' wrapped: wrap it with 'wrap-master-key'.",
            ({ } wrapped, null) => $"The master key is wrapped by the HSM '{wrapped.Hsm}': set {HsmSettingName} to that name.",
            ({ } wrapped, _) => $"The master key is wrapped by the HSM '{wrapped.Hsm}', but {HsmSettingName} is '{hsm}': set it to the former.",
        });
    }

    /// <summary>Opens a master key of a file, plain or wrapped by any HSM of the settings.</summary>
    /// <exception cref="MasterKeyException">The file is missing, malformed or readable by others, or the HSM does not unwrap it.</exception>
    public MasterKey OpenFile(string path)
    {
        using var stored = ReadStored(path, path);
        return Open(stored);
    }

    /// <summary>The plain master key of a file, for wrapping; the caller disposes it.</summary>
    /// <exception cref="MasterKeyException">The file is missing, malformed or readable by others, or the HSM does not unwrap it.</exception>
    public SecretBytes ReadPlain(string path)
    {
        using var stored = ReadStored(path, path);
        return Unwrap(stored);
    }

    /// <summary>Reads a key of 32 bytes from a file, raw or in base64; the caller disposes it.</summary>
    /// <exception cref="MasterKeyException">The file is missing, malformed or readable by others.</exception>
    public static SecretBytes ReadKey(string path)
    {
        using var stored = ReadStored(path, path);
        return stored.Wrapped is null
            ? SecretBytes.CopyOf(stored.Content.Span)
            : throw new MasterKeyException($"{path} holds a wrapped master key: expected base64 of {MasterKey.Length} random bytes.");
    }

    private MasterKey Open(StoredMasterKey stored)
    {
        using var plain = Unwrap(stored);
        var key = MasterKey.FromBytes(plain.Span);
        if (key.Fingerprint == stored.Fingerprint)
        {
            return key;
        }

        key.Dispose();
        throw new MasterKeyException("The HSM unwrapped another master key than the wrapped one says: take the file from a backup.");
    }

    private SecretBytes Unwrap(StoredMasterKey stored) => stored.Wrapped switch
    {
        null => SecretBytes.CopyOf(stored.Content.Span),
        { } wrapped when unwrap is not null => unwrap(wrapped),
        { } wrapped => throw new MasterKeyException($"The master key is wrapped by the HSM '{wrapped.Hsm}', which the settings do not have."),
    };

    private StoredMasterKey ReadOwn()
    {
        if (string.IsNullOrWhiteSpace(setting))
        {
            return ReadStored(OwnFile, FileName);
        }

        if (SecretFile.PathOf(setting) is { } path)
        {
            return ReadStored(path, SettingName);
        }

        using var text = SecretBytes.OfText(setting);
        return StoredMasterKey.Read(text.Span, SettingName);
    }

    private static StoredMasterKey ReadStored(string path, string origin)
    {
        try
        {
            using var content = SecretFile.Read(origin, path);
            return StoredMasterKey.Read(content.Span, origin);
        }
        catch (SecretFileException mistake)
        {
            throw new MasterKeyException($"The master key cannot be read. {mistake.Message}", mistake);
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

        using (var key = StoredMasterKey.Generate())
        using (var content = key.ToFile())
        using (var file = new FileStream(draft, options))
        {
            file.Write(content.Span);
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

/// <summary>A master key as it is stored: 32 bytes, or wrapped by an HSM.</summary>
public sealed class StoredMasterKey : IDisposable
{
    private StoredMasterKey(SecretBytes content, WrappedMasterKey? wrapped, string fingerprint) =>
        (Content, Wrapped, Fingerprint) = (content, wrapped, fingerprint);

    /// <summary>The 32 bytes, or the wrapped key's file.</summary>
    public SecretBytes Content { get; }

    /// <summary>The wrapped key; null if it is plain.</summary>
    public WrappedMasterKey? Wrapped { get; }

    /// <summary>The master key's fingerprint (<see cref="MasterKey.Fingerprint"/>); of a wrapped one what it says, until it is unwrapped.</summary>
    public string Fingerprint { get; }

    /// <summary>A fresh plain one.</summary>
    public static StoredMasterKey Generate()
    {
        using var plain = SecretBytes.Random(MasterKey.Length);
        return OfPlain(plain.Span);
    }

    /// <summary>Reads 32 bytes, base64 of them, or a wrapped key; the caller zeroes <paramref name="content"/>.</summary>
    /// <param name="content">The content of a file or a setting.</param>
    /// <param name="origin">Where it is from, for the message.</param>
    /// <exception cref="MasterKeyException">It is none of them.</exception>
    public static StoredMasterKey Read(ReadOnlySpan<byte> content, string origin)
    {
        if (content.Length == MasterKey.Length)
        {
            return OfPlain(content);
        }

        if (WrappedMasterKey.IsLikely(content))
        {
            return WrappedMasterKey.TryParse(content, out var wrapped)
                ? new StoredMasterKey(SecretBytes.CopyOf(content), wrapped, wrapped.Fingerprint)
                : throw new MasterKeyException($"{origin} is not a wrapped master key: expected the file that 'wrap-master-key' wrote.");
        }

        using SecretBytes decoded = new(Base64.GetMaxDecodedFromUtf8Length(content.Length));
        return PastedText.TryDecodeBase64(content, decoded.Span, out var written) && written == MasterKey.Length
            ? OfPlain(decoded.Span[..written])
            : throw new MasterKeyException(
                $"{origin} is not a master key: expected base64 of {MasterKey.Length} random bytes "
                + "(for example from 'openssl rand -base64 32'), a wrapped master key, or file:PATH of a file that contains either.");
    }

    /// <summary>The content of a file of it, with a line end: base64, or the wrapped key. The caller disposes it.</summary>
    public SecretBytes ToFile()
    {
        if (Wrapped is not null)
        {
            return SecretBytes.CopyOf(Content.Span);
        }

        SecretBytes file = new(Base64.GetMaxEncodedToUtf8Length(MasterKey.Length) + 1);
        Base64.EncodeToUtf8(Content.Span, file.Span, out _, out _);
        file.Span[^1] = (byte)'\n';
        return file;
    }

    /// <summary>Zeroes the content.</summary>
    public void Dispose() => Content.Dispose();

    private static StoredMasterKey OfPlain(ReadOnlySpan<byte> plain)
    {
        using var key = MasterKey.FromBytes(plain);
        return new StoredMasterKey(SecretBytes.CopyOf(plain), wrapped: null, key.Fingerprint);
    }
}
