using System.Buffers.Binary;
using CodeSigning.Silo.Storage;
using CodeSigning.Silo.Tests.Hosting;
using CodeSigning.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Xunit;

namespace CodeSigning.Silo.Tests.Storage;

/// <summary>How the write-ahead log gets into the file.</summary>
public sealed class SqliteCheckpointsTests : IDisposable
{
    private const int LongLog = 4000;
    private const int PageSize = 4096;

    private readonly TemporaryDirectory _directory = new();
    private readonly StorageOptions _options;
    private readonly LogLines _log = new();
    private readonly ILoggerFactory _loggers;
    private readonly SqliteConnections _connections;
    private readonly SqliteCheckpoints _checkpoints;
    private readonly SqliteStatements _writer;

    public SqliteCheckpointsTests()
    {
        _options = new StorageOptions { DataDirectory = _directory.File("store") };
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(_log));
        _connections = new SqliteConnections(Options.Create(_options));
        _checkpoints = new SqliteCheckpoints(_connections, _loggers.CreateLogger<SqliteCheckpoints>());
        _writer = new SqliteStatements(_connections.OpenWriter());
        _writer.Execute("CREATE TABLE blobs (content BLOB)");
    }

    public void Dispose()
    {
        _writer.Dispose();
        _checkpoints.Dispose();
        _connections.Dispose();
        _loggers.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Long_log_is_copied_while_a_transaction_is_open()
    {
        WriteLongLog();
        _writer.Execute("BEGIN IMMEDIATE");
        Write(1);

        await Eventually.HoldsAsync(() => new FileInfo(_options.SqliteFile).Length >= LongLog * PageSize, within: Eventually.Soon);

        _writer.Execute("COMMIT");
    }

    [Fact]
    public async Task Log_begins_anew_although_writes_never_pause()
    {
        var before = TimesBegun();
        WriteLongLog();

        await Eventually.HoldsAsync(() =>
        {
            Write(1);
            _checkpoints.Attend(_writer);
            return TimesBegun() > before;
        }, within: Eventually.Soon);
    }

    [Fact]
    public async Task Log_that_cannot_be_copied_is_reported_and_grows()
    {
        Directory.Move(_options.DataDirectory, _options.DataDirectory + "-elsewhere");

        WriteLongLog();

        var line = await _log.WaitForAsync("write-ahead log");
        Assert.Equal(LogLevel.Warning, line.Level);
        Write(1);
        Assert.Equal(2L, _writer.Scalar("SELECT count(*) FROM blobs"));
    }

    private void WriteLongLog()
    {
        Write(LongLog);
        _checkpoints.Attend(_writer);
    }

    private void Write(int pages) => _writer.Execute("INSERT INTO blobs VALUES (randomblob(@a))", pages * PageSize);

    // The "checkpoint sequence number" of the log's header (https://www.sqlite.org/fileformat.html, section 4.1).
    private uint TimesBegun()
    {
        Span<byte> header = stackalloc byte[16];
        using FileStream log = new(_options.SqliteFile + "-wal", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        log.ReadExactly(header);
        return BinaryPrimitives.ReadUInt32BigEndian(header[12..]);
    }
}
