using System.Collections.Concurrent;
using System.Text.Json;
using CodeSigning.Grains.Ledger;
using CodeSigning.Ledger;
using CodeSigning.Silo.Commands;
using CodeSigning.Silo.Hosting;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Ledger.Checkpoints;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Storage;
using CodeSigning.Silo.Tests.Ledger;
using CodeSigning.Silo.Tests.Ledger.Verification;
using CodeSigning.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Silo.Tests.Storage.Commands;

/// <summary>Backup, restore, check and offline verification as an operator runs them.</summary>
public sealed class CommandTests() : StoreSuite(DatabaseKind.Sqlite), IDisposable
{
    private readonly TemporaryDirectory _files = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    public void Dispose()
    {
        _files.Dispose();
        _output.Dispose();
        _errors.Dispose();
    }

    [Fact]
    public async Task Backup_taken_under_load_restores_and_signs_in_new_stream()
    {
        using CancellationTokenSource stop = new();
        var load = Task.Run(() => SignUntilAsync(stop.Token));
        await CommitSurelyAsync(Elements.Use("gnt_1", 5));
        var file = _files.File("backup.db");
        Assert.Equal(0, await BackupCommand.RunAsync(Database.Options, file, _output, _errors, CancellationToken.None));
        await stop.CancelAsync();
        await load;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        using var restored = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        Assert.Equal(0, await RestoreAsync(restored.Options, file));
        await using var node = await TestNode.StartAsync(restored, Time);
        var outcome = await node.Ledger.CommitAsync(Elements.Use("gnt_1", 5), CancellationToken.None);
        var committed = Assert.IsType<CommitOutcome.Committed>(outcome);
        Assert.Equal((1, 2L), (committed.Number, committed.Use));
        Assert.NotEqual(Node.Writer.Stream, committed.Stream);
        Assert.Empty((await node.VerifyOnlineAsync()).Problems);
    }

    [Fact]
    public async Task Backup_can_be_taken_while_the_server_is_stopped()
    {
        await CommitSurelyAsync(Elements.Sign());
        await Node.DisposeAsync();
        Assert.Equal(0, await BackupCommand.RunAsync(Database.Options, _files.File("backup.db"), _output, _errors, CancellationToken.None));
    }

    [Fact]
    public async Task Backup_never_overwrites_a_file()
    {
        var file = _files.File("backup.db");
        await File.WriteAllTextAsync(file, "mine");
        Assert.Equal(1, await BackupCommand.RunAsync(Database.Options, file, _output, _errors, CancellationToken.None));
        Assert.Equal("mine", await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task Restore_keeps_the_existing_store_aside()
    {
        var file = _files.File("backup.db");
        await BackupCommand.RunAsync(Database.Options, file, _output, _errors, CancellationToken.None);
        await CommitSurelyAsync(Elements.Sign());
        await Node.DisposeAsync();
        Assert.Equal(0, await RestoreAsync(Database.Options, file));
        Assert.Single(Directory.GetFiles(Database.Options.DataDirectory, "codesigning.db.2*"));
        await using var node = await StartOnOlderStoreAsync();
        Assert.Empty(await node.Entries.ListAsync(new LedgerQuery(Kind: EntryKind.Sign), CancellationToken.None));
    }

    [Fact]
    public async Task Restored_files_are_accessible_to_their_owner_alone()
    {
        const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(OwnersFile, File.GetUnixFileMode(Database.Options.SqliteFile));
        var file = _files.File("backup.db");
        await BackupCommand.RunAsync(Database.Options, file, _output, _errors, CancellationToken.None);
        await Node.DisposeAsync();
        foreach (var open in new[] { file, Database.Options.SqliteFile })
        {
            File.SetUnixFileMode(open, OwnersFile | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }

        Assert.Equal(0, await RestoreAsync(Database.Options, file));
        var elsewhere = new StorageOptions { DataDirectory = _files.File("new") };
        Assert.Equal(0, await RestoreAsync(elsewhere, file));

        Assert.All(
            Directory.GetFiles(Database.Options.DataDirectory, "codesigning.db*"),
            left => Assert.Equal(OwnersFile, File.GetUnixFileMode(left)));
        Assert.Equal(OwnersFile, File.GetUnixFileMode(elsewhere.SqliteFile));
        Assert.Equal(OwnersFile | UnixFileMode.UserExecute, File.GetUnixFileMode(elsewhere.DataDirectory));
    }

    [Fact]
    public async Task Restore_under_a_running_server_is_refused()
    {
        var file = _files.File("backup.db");
        await BackupCommand.RunAsync(Database.Options, file, _output, _errors, CancellationToken.None);
        Assert.Equal(1, await RestoreAsync(Database.Options, file));
        Assert.Contains("stop the server first", _errors.ToString(), StringComparison.Ordinal);
        await CommitSurelyAsync(Elements.Sign());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Restore_keeps_a_damaged_store_aside_with_its_logs(bool isTruncated)
    {
        await CommitSurelyAsync(Elements.Sign());
        var backup = _files.File("backup.db");
        await BackupCommand.RunAsync(Database.Options, backup, _output, _errors, CancellationToken.None);
        await Node.DisposeAsync();
        var store = Database.Options.SqliteFile;
        Damage(store, isTruncated);
        await File.WriteAllTextAsync(store + "-wal", "log");
        await File.WriteAllTextAsync(store + "-shm", "index");
        var damaged = await File.ReadAllBytesAsync(store);
        Assert.Equal(0, await RestoreAsync(Database.Options, backup));

        var aside = $"{store}.{Time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}";
        Assert.Equal(damaged, await File.ReadAllBytesAsync(aside));
        Assert.Equal("log", await File.ReadAllTextAsync(aside + "-wal"));
        Assert.True(File.Exists(aside + "-shm"));
        await using var node = await StartOnOlderStoreAsync();
        Assert.Single(await node.Entries.ListAsync(new LedgerQuery(Kind: EntryKind.Sign), CancellationToken.None));
    }

    [Fact]
    public async Task Store_exists_at_every_moment_of_a_restore()
    {
        var backup = _files.File("backup.db");
        await BackupCommand.RunAsync(Database.Options, backup, _output, _errors, CancellationToken.None);
        await Node.DisposeAsync();
        var store = Path.GetFileName(Database.Options.SqliteFile);
        ConcurrentQueue<string?> gone = new();
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using FileSystemWatcher watcher = new(Database.Options.DataDirectory);
        watcher.Deleted += (_, deletion) => gone.Enqueue(deletion.Name);
        watcher.Renamed += (_, renaming) =>
        {
            gone.Enqueue(renaming.OldName);
            if (renaming.Name == store)
            {
                arrived.SetResult();
            }
        };
        watcher.EnableRaisingEvents = true;
        Assert.Equal(0, await RestoreAsync(Database.Options, backup));
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.DoesNotContain(store, gone);
    }

    [Fact]
    public async Task Restores_within_one_second_keep_every_store_aside()
    {
        var backup = _files.File("backup.db");
        await BackupCommand.RunAsync(Database.Options, backup, _output, _errors, CancellationToken.None);
        await Node.DisposeAsync();
        var store = Database.Options.SqliteFile;
        await File.WriteAllTextAsync(store, "first");
        Assert.Equal(0, await RestoreAsync(Database.Options, backup));
        await File.WriteAllTextAsync(store, "second");
        Assert.Equal(0, await RestoreAsync(Database.Options, backup));
        Assert.Equal(0, await RestoreAsync(Database.Options, backup));

        var aside = $"{store}.{Time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}";
        Assert.Equal("first", await File.ReadAllTextAsync(aside));
        Assert.Equal("second", await File.ReadAllTextAsync(aside + ".2"));
        Assert.True(File.Exists(aside + ".3"));
        Assert.Contains($"The store that was there is now {aside}.3.", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_that_is_not_a_store_is_not_restored()
    {
        var file = _files.File("other.db");
        await File.WriteAllTextAsync(file, "no database at all, but long enough to look like one to somebody in a hurry");
        await Node.DisposeAsync();
        Assert.Equal(1, await RestoreAsync(Database.Options, file));
        Assert.Contains("Nothing was restored.", _errors.ToString(), StringComparison.Ordinal);
        Assert.True(File.Exists(Database.Options.SqliteFile));
    }

    [Fact]
    public async Task Store_is_checked_with_its_keys()
    {
        await CommitSurelyAsync(Elements.Create("signer", "sgn_1"));
        Assert.Equal(0, await CheckCommand.RunAsync(Node.Get<IServiceProvider>(), _output, _errors, CancellationToken.None));
        await Database.ExecuteAsync("UPDATE states SET content = '{\"x\":1}' WHERE type = 'signer'");
        Assert.Equal(1, await CheckCommand.RunAsync(Node.Get<IServiceProvider>(), _output, _errors, CancellationToken.None));
        Assert.Contains("signer/sgn_1", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_without_a_store_creates_nothing()
    {
        using TemporaryDirectory empty = new();
        ServiceCollection services = new();
        services.AddLedgerStorage(new StorageOptions { Database = "sqlite", DataDirectory = empty.Path });
        services.AddSingleton<KeyVault>(_ => throw new InvalidOperationException("The master key was asked for."));
        await using var provider = services.BuildServiceProvider();
        Assert.Equal(2, await CheckCommand.RunAsync(provider, _output, _errors, CancellationToken.None));
        Assert.Contains("There is no store at", _errors.ToString(), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(empty.Path));
    }

    [Fact]
    public async Task Check_of_a_store_without_keys_creates_none()
    {
        await Database.ExecuteAsync("DELETE FROM states WHERE type = 'key'");
        Assert.Equal(2, await CheckCommand.RunAsync(Node.Get<IServiceProvider>(), _output, _errors, CancellationToken.None));
        Assert.StartsWith("Nothing was checked. The store has no", _errors.ToString(), StringComparison.Ordinal);
        await Node.DisposeAsync();
        await using SqliteConnection connection = new($"Data Source={Database.Options.SqliteFile};Pooling=false");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM states WHERE type = 'key'";
        Assert.Equal(0L, await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Restore_is_refused_while_a_process_holds_the_store()
    {
        var file = _files.File("backup.db");
        await BackupCommand.RunAsync(Database.Options, file, _output, _errors, CancellationToken.None);
        await Node.DisposeAsync();
        using (StoreLock.Take(Database.Options))
        {
            Assert.Equal(1, await RestoreAsync(Database.Options, file));
        }

        Assert.Equal(0, await RestoreAsync(Database.Options, file));
    }

    [Fact]
    public async Task Export_is_verified_with_PEM_key_and_kept_checkpoint()
    {
        await CommitSurelyAsync(Elements.Sign());
        var (export, key, checkpoint) = (_files.File("ledger.jsonl"), _files.File("ledger.pem"), _files.File("checkpoint.json"));
        await File.WriteAllTextAsync(checkpoint, await Node.CheckpointAsync());
        await File.WriteAllBytesAsync(export, await Node.ExportAsync());
        await File.WriteAllTextAsync(
            key, System.Security.Cryptography.PemEncoding.WriteString("PUBLIC KEY", Node.Get<ILedgerKey>().PublicKey.Span));
        Assert.Equal(0, await VerifyAsync(export, "--key", key, "--checkpoint", checkpoint));
        Assert.Contains("Intact: 1 entries", _output.ToString(), StringComparison.Ordinal);

        // As GET /api/v1/ledger/checkpoints answers: each checkpoint's text, which is what was signed, as a string.
        await File.WriteAllTextAsync(checkpoint, JsonSerializer.Serialize(new { items = new[] { await Node.CheckpointAsync() } }));
        Assert.Equal(0, await VerifyAsync(export, "--key", key, "--checkpoint", checkpoint));

        await File.WriteAllTextAsync(checkpoint, "{\"items\":[{}]}");
        Assert.Equal(2, await VerifyAsync(export, "--key", key, "--checkpoint", checkpoint));

        await File.WriteAllTextAsync(export, (await File.ReadAllTextAsync(export)).Replace("release", "malware", StringComparison.Ordinal));
        Assert.Equal(1, await VerifyAsync(export, "--key", key));
        Assert.Contains("entry 1: The entry was changed", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_arguments_and_missing_files_verify_nothing()
    {
        Assert.Equal(2, await VerifyAsync("ledger.jsonl"));
        Assert.Equal(2, await VerifyAsync(_files.File("none"), "--key", _files.File("none")));
        Assert.Contains("Nothing was verified.", _errors.ToString(), StringComparison.Ordinal);
    }

    private Task<int> VerifyAsync(params string[] arguments) =>
        CommandLine.RunAsync(["verify-ledger", .. arguments], NoServer.Program, _output, _errors);

    private Task<int> RestoreAsync(StorageOptions options, string file) =>
        RestoreCommand.RunAsync(options, file, Time, _output, _errors, CancellationToken.None);

    private Task<TestNode> StartOnOlderStoreAsync() =>
        TestNode.StartAsync(Database, Time, services => services.Configure<HighWaterOptions>(options => options.AcceptsOlderStore = true));

    private static void Damage(string store, bool isTruncated)
    {
        using FileStream file = new(store, FileMode.Open, FileAccess.Write);
        if (isTruncated)
        {
            file.SetLength(5000);
        }
        else
        {
            file.Write(Enumerable.Repeat((byte)0xa5, 100).ToArray());
        }
    }

    private async Task SignUntilAsync(CancellationToken stopped)
    {
        while (!stopped.IsCancellationRequested)
        {
            await CommitSurelyAsync(Elements.Sign());
        }
    }
}
