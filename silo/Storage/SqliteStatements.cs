using System.Buffers;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CodeSigning.Silo.Storage;

/// <summary>
/// Prepared statements of one connection, kept by their text. Parameters are named <c>@a</c>, <c>@b</c> … in order. They are stepped by
/// themselves, since a command and its reader cost as much as the row that they write.
/// </summary>
internal sealed class SqliteStatements(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, (sqlite3_stmt Statement, int[] Places)> _prepared = [];

    /// <summary>Runs a statement to its end.</summary>
    /// <param name="sql">One statement.</param>
    /// <param name="values">Strings, whole numbers, byte arrays, <see cref="Utf8Text"/> and nulls.</param>
    /// <returns>The number of rows that the latest change of the connection inserted, updated or deleted.</returns>
    /// <exception cref="SqliteException">The statement failed.</exception>
    public int Execute(string sql, params ReadOnlySpan<object?> values)
    {
        var statement = Bind(sql, values);
        try
        {
            while (Step(statement))
            {
            }

            return raw.sqlite3_changes(connection.Handle);
        }
        finally
        {
            Release(statement);
        }
    }

    /// <summary>The first column of the first row: a string, a long, a double or a byte array; null if there is no row or the column is NULL.</summary>
    /// <exception cref="SqliteException">The statement failed.</exception>
    public object? Scalar(string sql, params ReadOnlySpan<object?> values)
    {
        var statement = Bind(sql, values);
        try
        {
            return Step(statement) ? Column(statement, 0) : null;
        }
        finally
        {
            Release(statement);
        }
    }

    /// <summary>The rows' first columns, which are strings.</summary>
    /// <exception cref="SqliteException">The statement failed.</exception>
    public List<string> Texts(string sql, params ReadOnlySpan<object?> values)
    {
        List<string> texts = [];
        var statement = Bind(sql, values);
        try
        {
            while (Step(statement))
            {
                texts.Add(raw.sqlite3_column_text(statement, 0).utf8_to_string());
            }

            return texts;
        }
        finally
        {
            Release(statement);
        }
    }

    /// <summary>The first row, its columns as <see cref="Scalar"/> has them; null if there is none.</summary>
    /// <exception cref="SqliteException">The statement failed.</exception>
    public object?[]? Row(string sql, params ReadOnlySpan<object?> values)
    {
        var statement = Bind(sql, values);
        try
        {
            return Step(statement) ? [.. Enumerable.Range(0, raw.sqlite3_column_count(statement)).Select(column => Column(statement, column))] : null;
        }
        finally
        {
            Release(statement);
        }
    }

    /// <summary>The number of pages that were written since this was last asked.</summary>
    public int TakePagesWritten()
    {
        const int CacheWrite = 9; // SQLITE_DBSTATUS_CACHE_WRITE
        Check(raw.sqlite3_db_status(connection.Handle, CacheWrite, out var pages, out _, resetFlg: 1));
        return pages;
    }

    /// <summary>Runs several statements one after the other, once.</summary>
    public void RunScript(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public void Dispose()
    {
        foreach (var (statement, _) in _prepared.Values)
        {
            statement.Dispose();
        }

        connection.Dispose();
    }

    private sqlite3_stmt Bind(string sql, ReadOnlySpan<object?> values)
    {
        if (!_prepared.TryGetValue(sql, out var prepared))
        {
            prepared = Prepare(sql, values.Length);
            _prepared.Add(sql, prepared);
        }

        for (var i = 0; i < values.Length; i++)
        {
            Check(Bind(prepared.Statement, prepared.Places[i], values[i]));
        }

        return prepared.Statement;
    }

    // SQLite numbers parameters as they appear, which need not be their order.
    private (sqlite3_stmt Statement, int[] Places) Prepare(string sql, int parameters)
    {
        Check(raw.sqlite3_prepare_v2(connection.Handle, sql, out var statement));
        var places = new int[parameters];
        for (var i = 0; i < parameters; i++)
        {
            places[i] = raw.sqlite3_bind_parameter_index(statement, "@" + (char)('a' + i));
        }

        return (statement, places);
    }

    private static int Bind(sqlite3_stmt statement, int index, object? value) => value switch
    {
        null => raw.sqlite3_bind_null(statement, index),
        string text => BindText(statement, index, text),
        Utf8Text text => raw.sqlite3_bind_text(statement, index, text.Bytes.Span),
        long number => raw.sqlite3_bind_int64(statement, index, number),
        int number => raw.sqlite3_bind_int64(statement, index, number),
        byte[] bytes => raw.sqlite3_bind_blob(statement, index, bytes),
        _ => throw new ArgumentException($"A {value.GetType()} cannot be bound.", nameof(value)),
    };

    private static int BindText(sqlite3_stmt statement, int index, string text)
    {
        const int MostOnStack = 512;
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        var rented = most > MostOnStack ? ArrayPool<byte>.Shared.Rent(most) : null;
        try
        {
            var bytes = rented ?? stackalloc byte[MostOnStack];
            return raw.sqlite3_bind_text(statement, index, bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    private bool Step(sqlite3_stmt statement)
    {
        var result = raw.sqlite3_step(statement);
        Check(result);
        return result is raw.SQLITE_ROW;
    }

    private static object? Column(sqlite3_stmt statement, int column) => raw.sqlite3_column_type(statement, column) switch
    {
        raw.SQLITE_NULL => null,
        raw.SQLITE_INTEGER => raw.sqlite3_column_int64(statement, column),
        raw.SQLITE_FLOAT => raw.sqlite3_column_double(statement, column),
        raw.SQLITE_BLOB => raw.sqlite3_column_blob(statement, column).ToArray(),
        _ => raw.sqlite3_column_text(statement, column).utf8_to_string(),
    };

    // What was bound is let go at once, so that it is not kept until the statement's next use.
    private static void Release(sqlite3_stmt statement)
    {
        raw.sqlite3_reset(statement); // It repeats the failure of the last step, which was thrown.
        raw.sqlite3_clear_bindings(statement);
    }

    // A row and the end of rows are no failures to it.
    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, connection.Handle);
}

/// <summary>Text in UTF-8, to be bound as it is.</summary>
/// <param name="Bytes">The bytes.</param>
internal sealed record Utf8Text(ReadOnlyMemory<byte> Bytes);
