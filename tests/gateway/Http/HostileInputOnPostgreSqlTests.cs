using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>PostgreSQL refuses texts that SQLite takes, such as those with U+0000.</summary>
public sealed class HostileInputOnPostgreSqlTests(PostgreSqlBackedServer backed)
    : HostileInputTests(backed.Server), IClassFixture<PostgreSqlBackedServer>;
