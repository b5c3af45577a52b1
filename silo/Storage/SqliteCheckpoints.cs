using CodeSigning.Grains.States;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Storage;

/// <summary>
/// Copies the pages of SQLite's write-ahead log into the file. By itself SQLite does so within the commit that makes the log long,
/// which then takes as long as many others. Here a thread of its own copies while commits go on, and the writer copies what they
/// added meanwhile: only a log that is copied to its end begins anew.
/// </summary>
internal sealed class SqliteCheckpoints : IDisposable
{
    // Fewer copies write fewer pages, since a page that changed often is copied once; in a longer log they are looked up more slowly.
    private const int PagesBetween = 4000;
    private const string Copy = "PRAGMA wal_checkpoint(PASSIVE)";

    private readonly object _gate = new();
    private readonly SqliteConnections _connections;
    private readonly ILogger _log;
    private readonly Thread _thread;
    private long _pages;
    private bool _isDue;
    private bool _isRestLeft;
    private bool _ended;

    public SqliteCheckpoints(SqliteConnections connections, ILogger<SqliteCheckpoints> log)
    {
        _connections = connections;
        _log = log;
        _thread = new Thread(Run) { IsBackground = true, Name = "sqlite-checkpoints" };
        _thread.Start();
    }

    /// <summary>Called by the writer between two transactions. Does not fail: a log that was not copied gets longer.</summary>
    /// <param name="writer">The writing connection.</param>
    public void Attend(SqliteStatements writer)
    {
        lock (_gate)
        {
            _pages += writer.TakePagesWritten();
            if (_pages >= PagesBetween)
            {
                _pages = 0;
                _isDue = true;
                Monitor.Pulse(_gate);
            }

            if (!_isRestLeft)
            {
                return;
            }

            _isRestLeft = false;
        }

        Attempt(() => writer.Scalar(Copy));
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
    }

    private void Run()
    {
        while (WaitUntilDue())
        {
            if (Attempt(CopyLog))
            {
                lock (_gate)
                {
                    _isRestLeft = true;
                }
            }
        }
    }

    private bool WaitUntilDue()
    {
        lock (_gate)
        {
            while (!_isDue && !_ended)
            {
                Monitor.Wait(_gate);
            }

            _isDue = false;
            return !_ended;
        }
    }

    private void CopyLog()
    {
        using var connection = _connections.OpenForCheckpoint();
        using var command = connection.CreateCommand();
        command.CommandText = Copy;
        command.ExecuteScalar();
    }

    private bool Attempt(Action copy)
    {
        try
        {
            copy();
            return true;
        }
        catch (Exception fault) when (fault is SqliteException or StoreUnavailableException or StoreRejectedException or IOException
            or UnauthorizedAccessException)
        {
            _log.LogWarning(fault, "SQLite's write-ahead log could not be copied into the database; it grows until it can");
            return false;
        }
    }
}
