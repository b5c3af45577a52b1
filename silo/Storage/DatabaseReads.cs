using System.Data.Common;
using CodeSigning.Contract;
using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Storage;

/// <summary>
/// Runs queries on pooled connections. The SQL works on both databases; parameters are named <c>@a</c>, <c>@b</c> … in
/// order.
/// </summary>
internal static class DatabaseReads
{
    /// <summary>Runs a query and maps its rows.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    public static async Task<List<T>> QueryAsync<T>(
        this IReadConnections connections, string sql, Func<DbDataReader, T> map, CancellationToken cancellationToken,
        params object[] values)
    {
        try
        {
            return await TryQueryAsync(connections, sql, map, values, cancellationToken);
        }
        catch (DbException exception) when (connections.Translate(exception) is StoreUnavailableException)
        {
            // After a restart of the database the pool contains dead connections: clear it and retry once.
            connections.ForgetPooled();
        }
        catch (DbException exception)
        {
            throw connections.Translate(exception);
        }

        try
        {
            return await TryQueryAsync(connections, sql, map, values, cancellationToken);
        }
        catch (DbException exception)
        {
            throw connections.Translate(exception);
        }
    }

    /// <summary>The name of a parameter by its position: <c>@a</c> to <c>@z</c>, then <c>@p26</c> and on.</summary>
    public static string ParameterName(int index) => index < 26 ? "@" + (char)('a' + index) : $"@p{index}";

    /// <summary>A column that may be NULL.</summary>
    public static string? GetText(this DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static async Task<List<T>> TryQueryAsync<T>(
        IReadConnections connections, string sql, Func<DbDataReader, T> map, object[] values, CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++)
        {
            command.Add(ParameterName(i), values[i]);
        }

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<T> rows = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(map(reader));
        }

        return rows;
    }

    private static void Add(this DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }
}

/// <summary>Pooled read-only connections, returned by disposing.</summary>
internal interface IReadConnections
{
    /// <summary>Opens a connection.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Clears the pool, whose connections may be dead.</summary>
    void ForgetPooled();

    /// <summary>Translates a database exception; any other exception is returned unchanged.</summary>
    Exception Translate(Exception exception);
}

/// <summary>Times in the store: milliseconds since 1970 (UTC).</summary>
internal static class LedgerTime
{
    /// <summary>The time as written in entries, heads and checkpoints.</summary>
    public static string ToText(long milliseconds) => UtcTimeConverter.ToText(ToTime(milliseconds));

    public static DateTimeOffset ToTime(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    public static long ToMilliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds();
}
