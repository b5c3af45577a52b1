using System.Collections.Concurrent;
using System.Data;
using CodeSigning.Grains.States;
using Microsoft.Data.Sqlite;

namespace CodeSigning.Silo.Storage;

/// <summary>
/// The writing connection on its own thread: SQLite's calls block until the disk has flushed, and must not block a
/// signing thread. Writes are queued in order.
/// </summary>
internal sealed class SqliteWriteThread : IDisposable
{
    private readonly BlockingCollection<Action> _jobs = [];
    private readonly SqliteConnections _connections;
    private readonly Thread _thread;
    private SqliteStatements? _statements;

    public SqliteWriteThread(SqliteConnections connections)
    {
        _connections = connections;
        _thread = new Thread(Run) { IsBackground = true, Name = "sqlite-writer" };
        _thread.Start();
    }

    /// <summary>Runs a job in a transaction that holds the write lock from its beginning, and commits it.</summary>
    public Task<T> WriteAsync<T>(Func<SqliteStatements, T> job) => MaintainAsync(statements => Commit(statements, job));

    /// <summary>Runs a job outside a transaction.</summary>
    public Task<T> MaintainAsync<T>(Func<SqliteStatements, T> job)
    {
        TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            _jobs.Add(() => Run(job, completion));
        }
        catch (InvalidOperationException ended)
        {
            completion.SetException(new StoreUnavailableException("The database is closed.", ended));
        }

        return completion.Task;
    }

    public void Dispose()
    {
        if (_jobs.IsAddingCompleted)
        {
            return;
        }

        _jobs.CompleteAdding();
        _thread.Join();
        _jobs.Dispose();
    }

    private void Run()
    {
        foreach (var job in _jobs.GetConsumingEnumerable())
        {
            job();
        }

        Close();
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

/// <summary>Prepared statements of one connection, kept by their text. Parameters are named <c>@a</c>, <c>@b</c> … in order.</summary>
internal sealed class SqliteStatements(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _commands = [];

    public int Execute(string sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteNonQuery();

    /// <summary>The first column of the first row; null if there is no row or the column is NULL.</summary>
    public object? Scalar(string sql, params ReadOnlySpan<object?> values) =>
        Bind(sql, values).ExecuteScalar() is { } value and not DBNull ? value : null;

    public SqliteDataReader Query(string sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteReader(CommandBehavior.Default);

    public void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }

        connection.Dispose();
    }

    private SqliteCommand Bind(string sql, ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < values.Length; i++)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = "@" + (char)('a' + i) });
            }

            _commands.Add(sql, command);
        }

        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return command;
    }
}
