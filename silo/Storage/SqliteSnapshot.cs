using System.Globalization;
using Microsoft.Data.Sqlite;

namespace CodeSigning.Silo.Storage;

/// <summary>
/// An SQLite file as it is at one moment, to be read from its first byte to its last while a server goes on writing, without
/// a copy of it. What is written meanwhile stays in the write-ahead log, which grows for as long as the snapshot is open. Only for processes that
/// have no other connection to the file.
/// </summary>
internal sealed class SqliteSnapshot : IAsyncDisposable
{
    private const int MostAttempts = 600;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly FileStream _file;
    private readonly SqliteConnection _reader;

    private SqliteSnapshot(FileStream file, SqliteConnection reader, long length)
    {
        (_file, _reader) = (file, reader);
        Content = new SnapshotStream(file, length);
    }

    /// <summary>The file, in SQLite's format with a rollback journal, which is that of a file on its own.</summary>
    public Stream Content { get; }

    /// <summary>Takes a snapshot. Writers wait while the write-ahead log is brought into the file.</summary>
    /// <param name="path">The SQLite file.</param>
    /// <param name="cancellationToken">Cancels the wait for long reads of others to end.</param>
    /// <exception cref="IOException">The file cannot be read, or a read that began before went on for five minutes.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    /// <exception cref="SqliteException">The file is none of SQLite.</exception>
    public static async Task<SqliteSnapshot> TakeAsync(string path, CancellationToken cancellationToken)
    {
        // Closing a file releases all locks that SQLite holds on it in this process: it is opened before the connections, and closed after them.
        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        SqliteConnection reader = new(SqliteFile.ConnectionString(path, SqliteOpenMode.ReadWrite));
        try
        {
            await reader.OpenAsync(cancellationToken);
            for (var attempt = 1; !await TryBeginAsync(path, reader, cancellationToken); attempt++)
            {
                if (attempt == MostAttempts)
                {
                    throw new IOException($"A read of {path} that began before does not end, and keeps its log from being brought into it: try again later.");
                }

                await Task.Delay(Pause, cancellationToken);
            }

            if (await AskAsync(reader, "PRAGMA integrity_check", cancellationToken) is not "ok")
            {
                throw new InvalidDataException($"The SQLite file {path} is damaged: restore it from a backup.");
            }

            return new SqliteSnapshot(file, reader, await NumberAsync("page_count") * await NumberAsync("page_size"));
        }
        catch
        {
            await reader.DisposeAsync();
            await file.DisposeAsync();
            throw;
        }

        async Task<long> NumberAsync(string pragma) =>
            Convert.ToInt64(await AskAsync(reader, $"PRAGMA {pragma}", cancellationToken), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        await _reader.DisposeAsync();
        await Content.DisposeAsync();
        await _file.DisposeAsync();
    }

    // While a transaction holds the lock of writers, nothing is added to the log. Once all of the log is in the file, the file alone is the
    // state that a read sees which begins now; and checkpoints change nothing in the file that is newer than an open read.
    private static async Task<bool> TryBeginAsync(string path, SqliteConnection reader, CancellationToken cancellationToken)
    {
        await using SqliteConnection writers = new(SqliteFile.ConnectionString(path, SqliteOpenMode.ReadWrite));
        await writers.OpenAsync(cancellationToken);
        await AskAsync(writers, "PRAGMA busy_timeout = 10000", cancellationToken); // It looks more often than the driver does.
        await AskAsync(writers, "BEGIN IMMEDIATE", cancellationToken);
        if (!await CheckpointAsync(reader, cancellationToken))
        {
            return false;
        }

        await AskAsync(reader, "BEGIN; SELECT count(*) FROM sqlite_master", cancellationToken);
        return true;
    }

    // The numbers are of frames in the log and of those that are in the file; both are -1 where there is no log.
    private static async Task<bool> CheckpointAsync(SqliteConnection connection, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA wal_checkpoint(PASSIVE)";
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) && row.GetInt64(0) == 0 && row.GetInt64(1) == row.GetInt64(2);
    }

    private static async Task<object?> AskAsync(SqliteConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>The pages of the snapshot. What comes after them in the file was not there yet.</summary>
    private sealed class SnapshotStream(FileStream file, long length) : Stream
    {
        // The versions of the file format to write and to read (https://www.sqlite.org/fileformat.html, section 1.3.3).
        private const int WriteVersion = 18;
        private const int ReadVersion = 19;
        private const byte WithRollbackJournal = 1;

        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var wanted = buffer[..(int)Math.Min(buffer.Length, length - _position)];
            var read = await RandomAccess.ReadAsync(file.SafeFileHandle, wanted, _position, cancellationToken);
            if (read == 0 && wanted.Length != 0)
            {
                throw new InvalidDataException("The SQLite file is shorter than it says.");
            }

            foreach (var version in new[] { WriteVersion, ReadVersion })
            {
                if (version >= _position && version < _position + read)
                {
                    wanted.Span[(int)(version - _position)] = WithRollbackJournal;
                }
            }

            _position += read;
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
