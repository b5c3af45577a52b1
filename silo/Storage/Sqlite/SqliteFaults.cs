using CodeSigning.Grains.States;
using Microsoft.Data.Sqlite;

namespace CodeSigning.Silo.Storage.Sqlite;

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
