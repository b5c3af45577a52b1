using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Http;

[Collection(SharedServer.Collection)]
public sealed class HostileInputOnSqliteTests(SharedServer shared) : HostileInputTests(shared.Server);
