using CodeSigning.Silo.Storage;
using CodeSigning.Testing;
using Microsoft.Data.Sqlite;
using Xunit;

namespace CodeSigning.Silo.Tests.Storage;

/// <summary>Snapshots of an SQLite file that is being written.</summary>
public sealed class SqliteSnapshotTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SqliteConnection _writer;

    public SqliteSnapshotTests()
    {
        _writer = Open(Store);
        Execute(_writer, "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 10; CREATE TABLE pairs (a INTEGER, b BLOB)");
        Insert(100);
    }

    private string Store => _directory.File("store.db");

    public void Dispose()
    {
        _writer.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Snapshot_holds_what_was_there_and_nothing_later()
    {
        await using var snapshot = await SqliteSnapshot.TakeAsync(Store, CancellationToken.None);
        Insert(300);
        Execute(_writer, "UPDATE pairs SET a = -1; PRAGMA wal_checkpoint(PASSIVE)");

        using var copy = await CopyAsync(snapshot);

        Assert.Equal(100L, Ask(copy, "SELECT count(*) FROM pairs WHERE a >= 0"));
        Assert.Equal(100L, Ask(copy, "SELECT count(*) FROM pairs"));
        Assert.Equal("ok", Ask(copy, "PRAGMA integrity_check"));
        Assert.Equal("delete", Ask(copy, "PRAGMA journal_mode"));
        Assert.Equal(400L, Ask(_writer, "SELECT count(*) FROM pairs WHERE a = -1"));
    }

    [Fact]
    public async Task Snapshots_under_a_writer_are_each_whole()
    {
        using CancellationTokenSource stop = new();
        var writing = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                Execute(_writer, "UPDATE pairs SET a = a + 1, b = randomblob(1000 + a % 2000)");
            }
        });

        for (var round = 0; round < 3; round++)
        {
            await using var snapshot = await SqliteSnapshot.TakeAsync(Store, CancellationToken.None);
            using var copy = await CopyAsync(snapshot);
            Assert.Equal("ok", Ask(copy, "PRAGMA integrity_check"));
            Assert.Equal(1L, Ask(copy, "SELECT count(DISTINCT a) FROM pairs"));
        }

        await stop.CancelAsync();
        await writing;
    }

    [Fact]
    public async Task Snapshot_waits_for_a_read_that_began_before()
    {
        using var old = Open(Store);
        Execute(old, "BEGIN");
        Assert.Equal(100L, Ask(old, "SELECT count(*) FROM pairs"));
        Insert(10);
        var taking = SqliteSnapshot.TakeAsync(Store, CancellationToken.None);
        Insert(10);
        Assert.False(taking.IsCompleted);
        Execute(old, "ROLLBACK");

        await using var snapshot = await taking;

        using var copy = await CopyAsync(snapshot);
        Assert.Equal(120L, Ask(copy, "SELECT count(*) FROM pairs"));
    }

    [Fact]
    public async Task Store_without_a_log_is_read_too()
    {
        Execute(_writer, "PRAGMA journal_mode = DELETE");

        await using var snapshot = await SqliteSnapshot.TakeAsync(Store, CancellationToken.None);

        using var copy = await CopyAsync(snapshot);
        Assert.Equal(100L, Ask(copy, "SELECT count(*) FROM pairs"));
    }

    private void Insert(int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            Execute(_writer, "INSERT INTO pairs VALUES (1, randomblob(2000))");
        }
    }

    private async Task<SqliteConnection> CopyAsync(SqliteSnapshot snapshot)
    {
        var path = _directory.File($"{Guid.NewGuid():N}.db");
        await using (var file = File.Create(path))
        {
            await snapshot.Content.CopyToAsync(file);
        }

        return Open(path);
    }

    private static SqliteConnection Open(string path)
    {
        SqliteConnection connection = new(SqliteFile.ConnectionString(path, SqliteOpenMode.ReadWriteCreate));
        connection.Open();
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql) => Ask(connection, sql);

    private static object? Ask(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
