namespace CodeSigning.Silo.Storage;

/// <summary>
/// The right to write an SQLite store, held by one process at a time: a server, or a verb that demands that none runs. It
/// goes with the process, however that ends.
/// </summary>
internal sealed class StoreLock : IDisposable
{
    private const string FileName = "codesigning.lock";
    private const int SharingViolation = unchecked((int)0x80070020);

    // errno EWOULDBLOCK of Linux and of macOS.
    private static readonly int[] LockHeld = [11, 35, SharingViolation];

    private readonly FileStream _file;

    private StoreLock(FileStream file) => _file = file;

    /// <summary>Takes it. The file stays: one that was removed while another process opened it would be locked by both.</summary>
    /// <exception cref="StoreInUseException">Another process has it.</exception>
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
            throw new StoreInUseException($"The store in {storage.DataDirectory} is in use: stop the server first.");
        }
    }

    public void Dispose() => _file.Dispose();
}

/// <summary>Another process writes the SQLite store. The message is a sentence for the operator.</summary>
public sealed class StoreInUseException(string message) : Exception(message);
