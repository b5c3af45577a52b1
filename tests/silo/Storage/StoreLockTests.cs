using CodeSigning.Silo.Storage;
using CodeSigning.Testing;
using Xunit;

namespace CodeSigning.Silo.Tests.Storage;

public sealed class StoreLockTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private StorageOptions Storage => new() { DataDirectory = _directory.File("data") };

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void One_process_at_a_time_holds_a_store()
    {
        using (StoreLock.Take(Storage))
        {
            var refusal = Assert.Throws<StoreInUseException>(() => StoreLock.Take(Storage));
            Assert.Equal($"The store in {Storage.DataDirectory} is in use by another process: stop the server first.", refusal.Message);
        }

        using var next = StoreLock.Take(Storage);
    }

    [Fact]
    public void Lock_that_cannot_be_created_is_not_reported_as_held()
    {
        Directory.CreateDirectory(Path.Combine(Storage.DataDirectory, "codesigning.lock"));

        Assert.Throws<UnauthorizedAccessException>(() => StoreLock.Take(Storage));
    }
}
