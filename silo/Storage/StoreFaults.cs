using CodeSigning.Grains.States;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace CodeSigning.Silo.Storage;

/// <summary>The transaction conflicted with another; nothing was written. A retry can succeed.</summary>
internal sealed class StoreContentionException(string message, Exception innerException) : Exception(message, innerException);

/// <summary>The store permanently rejects the statement; nothing was written. A retry cannot succeed.</summary>
internal sealed class StoreRejectedException(string message, Exception innerException) : Exception(message, innerException);

/// <summary>Translates SQLSTATE codes (PostgreSQL documentation, appendix A).</summary>
internal static class PostgreSqlFaults
{
    public static Exception Translate(NpgsqlException exception)
    {
        if (exception is not PostgresException { SqlState: var state })
        {
            return new StoreUnavailableException("The connection to the database was lost or could not be made.", exception);
        }

        return state switch
        {
            PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.UniqueViolation =>
                new StoreContentionException("The transaction conflicted with another one.", exception),
            _ when IsOfTheServer(state) => new StoreUnavailableException("The database is temporarily unavailable.", exception),
            _ => new StoreRejectedException("The database rejected a statement.", exception),
        };
    }

    // Connection, resources, operator intervention, lock time-out, system and internal errors; and a server that became
    // a standby.
    private static bool IsOfTheServer(string state) =>
        state[..2] is "08" or "53" or "57" or "58" or "XX"
        || state is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.ReadOnlySqlTransaction;
}

/// <summary>Translates SQLite result codes (https://www.sqlite.org/rescode.html).</summary>
internal static class SqliteFaults
{
    private const int Busy = 5;
    private const int Locked = 6;
    private const int Constraint = 19;
    private const int TooBig = 18;
    private const int Mismatch = 20;
    private const int Error = 1;

    public static Exception Translate(SqliteException exception) => exception.SqliteErrorCode switch
    {
        Busy or Locked => new StoreUnavailableException("The database file is locked by another process.", exception),
        Constraint or TooBig or Mismatch or Error => new StoreRejectedException("The database rejected a statement.", exception),
        _ => new StoreUnavailableException("The database file cannot be read or written.", exception),
    };
}
