using System.Data.Common;
using CodeSigning.Grains.States;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CodeSigning.Silo.Storage;

/// <summary>Connections of the service's role: a pool for reads, and one for calling the functions that write.</summary>
internal sealed class PostgreSqlConnections : IReadConnections, IAsyncDisposable, IDisposable
{
    /// <summary>The schema that holds everything.</summary>
    public const string Schema = "codesigning";

    private const string PoolSize = "Maximum Pool Size";

    // commit_batch compares versions under lock statement by statement, which requires this level.
    private const string ReadCommitted = "-c default_transaction_isolation=read\\ committed";

    // After five uses a statement would keep one plan for all values: among a signer's million entries by one person,
    // those of another were then looked for one by one.
    private const string PlannedForValues = "-c plan_cache_mode=force_custom_plan";

    // Several nodes share PostgreSQL's default of 100 connections; a caller waits milliseconds for a free one.
    private const int MostReaders = 24;

    private readonly NpgsqlDataSource _readers;
    private readonly NpgsqlDataSource _writers;

    public PostgreSqlConnections(IOptions<StorageOptions> options)
    {
        NpgsqlConnectionStringBuilder builder = new(options.Value.Database)
        {
            SearchPath = Schema,
            ApplicationName = "codesigning",
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
            Options = $"{ReadCommitted} {PlannedForValues}",
        };
        if (!builder.ShouldSerialize(PoolSize))
        {
            builder.MaxPoolSize = MostReaders;
        }

        _readers = NpgsqlDataSource.Create(builder);
        builder.Options = ReadCommitted;
        builder.ApplicationName = "codesigning writer";
        builder.MaxPoolSize = 8;
        builder.CommandTimeout = 10;
        builder.Timeout = 5;
        _writers = NpgsqlDataSource.Create(builder);
    }

    public async ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _readers.OpenConnectionAsync(cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            throw Translate(exception);
        }
    }

    /// <summary>Opens a connection for functions that write.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    public async ValueTask<NpgsqlConnection> OpenWriterAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _writers.OpenConnectionAsync(cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            throw Translate(exception);
        }
    }

    /// <summary>Calls a function; <paramref name="call"/> names its parameters <c>$1</c>, <c>$2</c> …</summary>
    /// <returns>The function's result; null for none.</returns>
    public async Task<object?> CallAsync(string call, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var connection = await OpenWriterAsync(cancellationToken);
        await using NpgsqlCommand command = new("SELECT " + call, connection);
        command.Parameters.AddRange(parameters);
        try
        {
            return await command.ExecuteScalarAsync(cancellationToken) is { } value and not DBNull ? value : null;
        }
        catch (NpgsqlException exception)
        {
            var fault = Translate(exception);
            if (fault is StoreUnavailableException)
            {
                _writers.Clear();
            }

            throw fault;
        }
    }

    public void ForgetPooled() => _readers.Clear();

    public Exception Translate(Exception exception) =>
        exception is NpgsqlException npgsql ? PostgreSqlFaults.Translate(npgsql) : exception;

    public async ValueTask DisposeAsync()
    {
        await _readers.DisposeAsync();
        await _writers.DisposeAsync();
    }

    public void Dispose()
    {
        _readers.Dispose();
        _writers.Dispose();
    }
}
