using CodeSigning.Grains.States;
using Microsoft.Data.Sqlite;

namespace CodeSigning.Silo.Storage;

/// <summary>
/// The writing connection on its own thread: SQLite's calls block until the disk has flushed, and must not block a
/// signing thread. Writes are queued in order.
/// </summary>
internal sealed class SqliteWriteThread : IDisposable
{
    private readonly object _gate = new();
    private readonly Queue<Action> _jobs = [];
    private readonly SqliteConnections _connections;
    private readonly SqliteCheckpoints _checkpoints;
    private readonly Thread _thread;
    private SqliteStatements? _statements;
    private bool _ended;

    public SqliteWriteThread(SqliteConnections connections, SqliteCheckpoints checkpoints)
    {
        _connections = connections;
        _checkpoints = checkpoints;
        _thread = new Thread(Run) { IsBackground = true, Name = "sqlite-writer" };
        _thread.Start();
    }

    /// <summary>Runs a job in a transaction that holds the write lock from its beginning, and commits it.</summary>
    public Task<T> WriteAsync<T>(Func<SqliteStatements, T> job) => MaintainAsync(statements => Commit(statements, job));

    /// <summary>
    /// As <see cref="WriteAsync"/>, but whoever awaits it continues on this thread, without waking another. They must not block, nor
    /// dispose of this.
    /// </summary>
    public Task<T> WriteAndContinueAsync<T>(Func<SqliteStatements, T> job) =>
        QueueAsync(statements => Commit(statements, job), new TaskCompletionSource<T>());

    /// <summary>Runs a job outside a transaction.</summary>
    public Task<T> MaintainAsync<T>(Func<SqliteStatements, T> job) =>
        QueueAsync(job, new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously));

    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
    }

    private Task<T> QueueAsync<T>(Func<SqliteStatements, T> job, TaskCompletionSource<T> completion)
    {
        lock (_gate)
        {
            if (_ended)
            {
                completion.SetException(new StoreUnavailableException("The database is closed."));
                return completion.Task;
            }

            _jobs.Enqueue(() => Run(job, completion));
            Monitor.Pulse(_gate);
        }

        return completion.Task;
    }

    private void Run()
    {
        while (TakeJob() is { } job)
        {
            job();
            if (_statements is not null)
            {
                _checkpoints.Attend(_statements);
            }
        }

        Close();
    }

    // A blocking collection would spin before it waits, and so take the processor from signatures.
    private Action? TakeJob()
    {
        lock (_gate)
        {
            while (_jobs.Count == 0 && !_ended)
            {
                Monitor.Wait(_gate);
            }

            return _jobs.TryDequeue(out var job) ? job : null;
        }
    }

    private void Run<T>(Func<SqliteStatements, T> job, TaskCompletionSource<T> completion)
    {
        try
        {
            _statements ??= new SqliteStatements(_connections.OpenWriter());
            completion.SetResult(job(_statements));
        }
        catch (Exception exception)
        {
            completion.SetException(_connections.Translate(exception));
        }
    }

    private T Commit<T>(SqliteStatements statements, Func<SqliteStatements, T> job)
    {
        statements.Execute("BEGIN IMMEDIATE");
        try
        {
            var result = job(statements);
            statements.Execute("COMMIT");
            return result;
        }
        catch
        {
            RollBack();
            throw;
        }
    }

    private void RollBack()
    {
        try
        {
            _statements!.Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // The transaction was rolled back already or the connection is unusable: open a new one.
            Close();
        }
    }

    private void Close()
    {
        _statements?.Dispose();
        _statements = null;
    }
}
