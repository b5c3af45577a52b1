namespace CodeSigning.Silo.Storage;

/// <summary>
/// The exclusive write lock of an SQLite store, held by a server or by a command that requires it to be stopped. The
/// operating system releases it when the process ends.
/// </summary>
internal sealed class StoreLock : IDisposable
{
    private const string FileName = "codesigning.lock";
    private const int SharingViolation = unchecked((int)0x80070020);

    // errno EWOULDBLOCK of Linux and of macOS.
    private static readonly int[] LockHeld = [11, 35, SharingViolation];

    private readonly FileStream _file;

    private StoreLock(FileStream file) => _file = file;

    /// <summary>
    /// Takes the lock. The file is never deleted: if it were deleted while another process opens it, both could hold a
    /// lock.
    /// </summary>
    /// <exception cref="StoreInUseException">Another process holds the lock.</exception>
    public static StoreLock Take(StorageOptions storage)
    {
        PrivateFiles.CreateDirectory(storage.DataDirectory);
        try
        {
            return new StoreLock(new FileStream(
                Path.Combine(storage.DataDirectory, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException held) when (LockHeld.Contains(held.HResult))
        {
            throw new StoreInUseException($"The store in {storage.DataDirectory} is in use by another process: stop the server first.");
        }
    }

    public void Dispose() => _file.Dispose();
}

/// <summary>Another process holds the SQLite store. The message is for the operator.</summary>
public sealed class StoreInUseException(string message) : Exception(message);
