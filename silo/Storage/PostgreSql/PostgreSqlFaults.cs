using CodeSigning.Grains.States;
using Npgsql;

namespace CodeSigning.Silo.Storage.PostgreSql;

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
