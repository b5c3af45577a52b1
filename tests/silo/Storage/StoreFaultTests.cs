using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage;
using Microsoft.Data.Sqlite;
using Npgsql;
using Xunit;

namespace CodeSigning.Silo.Tests.Storage;

/// <summary>What an operator mends while the server runs is no broken invariant.</summary>
public sealed class StoreFaultTests
{
    private const int SqliteFull = 13;
    private const int SqliteIoError = 10;

    [Theory]
    [InlineData(SqliteFull)]
    [InlineData(SqliteIoError)]
    public void Full_or_failing_disk_makes_SQLite_unavailable(int code) =>
        Assert.IsType<StoreUnavailableException>(SqliteFaults.Translate(new SqliteException("", code)));

    [Theory]
    [InlineData(PostgresErrorCodes.DiskFull)]
    [InlineData(PostgresErrorCodes.TooManyConnections)]
    [InlineData(PostgresErrorCodes.AdminShutdown)]
    public void Full_or_stopped_server_makes_PostgreSQL_unavailable(string state) =>
        Assert.IsType<StoreUnavailableException>(PostgreSqlFaults.Translate(new PostgresException("", "ERROR", "ERROR", state)));
}
