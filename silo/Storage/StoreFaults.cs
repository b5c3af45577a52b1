using CodeSigning.Grains.States;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace CodeSigning.Silo.Storage;

/// <summary>Another transaction was in the way; nothing was written. Repeating it helps.</summary>
internal sealed class StoreContentionException(string message, Exception innerException) : Exception(message, innerException);

/// <summary>The store refuses what it was given for good; nothing was written. Repeating it does not help.</summary>
internal sealed class StoreRejectedException(string message, Exception innerException) : Exception(message, innerException);

/// <summary>Tells what an SQLSTATE means for what was under way (PostgreSQL's documentation, appendix A).</summary>
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
                new StoreContentionException("Another transaction was in the way.", exception),
            _ when IsOfTheServer(state) => new StoreUnavailableException("The database cannot work at the moment.", exception),
            _ => new StoreRejectedException("The database refuses a statement.", exception),
        };
    }

    // Connection, resources, intervention, lock time-out, system, internal; and a server that became a standby.
    private static bool IsOfTheServer(string state) =>
        state[..2] is "08" or "53" or "57" or "58" or "XX"
        || state is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.ReadOnlySqlTransaction;
}

/// <summary>Tells what an SQLite result code means for what was under way (https://www.sqlite.org/rescode.html).</summary>
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
        Busy or Locked => new StoreUnavailableException("Another process keeps the database file locked.", exception),
        Constraint or TooBig or Mismatch or Error => new StoreRejectedException("The database refuses a statement.", exception),
        _ => new StoreUnavailableException("The database file cannot be read or written.", exception),
    };
}
