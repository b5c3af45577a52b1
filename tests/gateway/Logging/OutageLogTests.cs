using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Testing;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Gateway.Tests.Logging;

/// <summary>What the log says of a database that is away: that it went, why, and that it is back.</summary>
public sealed class OutageLogTests : IAsyncLifetime, IDisposable
{
    // Whatever repeats its work has met the outage by then, and been told of; the slowest come every ten seconds.
    private static readonly TimeSpan Beginning = TimeSpan.FromSeconds(22);
    private static readonly TimeSpan Middle = TimeSpan.FromSeconds(15);
    private const int MostAtTheBeginning = 6_000;

    // A rare piece of work may meet it late.
    private const int MostMeanwhile = 1_000;

    private static readonly string[] Ends = ["Checkpoints are written again.", "Notifications work again.", "is claimed again"];

    private PostgreSqlServer _database = null!;
    private CodeSigningServer _server = null!;
    private readonly LogText _log = new();

    public async Task InitializeAsync()
    {
        _database = await PostgreSqlServer.StartAsync();
        var database = await _database.CreateDatabaseAsync();
        _server = await CodeSigningServer.StartAsync(
            _log, $"--CODESIGNING_DB={database.Service}", $"--CODESIGNING_DB_MIGRATE={database.Owner}", "--Logging:LogLevel:Default=Information");
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _database.DisposeAsync();
    }

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Outage_is_logged_at_its_beginning_and_its_end()
    {
        var (nobody, administrator) = (_server.AsNobody(), await _server.AsAdministratorAsync());
        (await nobody.GetAsync("/readyz")).Succeeded();
        _log.Clear();

        await _database.KillAsync();
        await AskForAsync(Beginning, nobody, administrator);
        var beginning = _log.Bytes;
        await AskForAsync(Middle, nobody, administrator);

        Assert.InRange(beginning, 1, MostAtTheBeginning);
        Assert.True(_log.Bytes - beginning < MostMeanwhile, _log.All);
        Assert.Contains("The checkpoint could not be written and will be retried. The connection to the database", _log.All, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", _log.All, StringComparison.Ordinal);

        _log.Clear();
        await _database.ResumeAsync();
        await Eventually.HoldsAsync(async () => (await nobody.GetAsync("/readyz")).Status == 200);
        await Eventually.HoldsAsync(() => Ends.All(end => _log.All.Contains(end, StringComparison.Ordinal)));
        Assert.DoesNotContain("   at ", _log.All, StringComparison.Ordinal);
        Assert.InRange(_log.Bytes, 1, MostAtTheBeginning);
    }

    private static async Task AskForAsync(TimeSpan time, ApiClient nobody, ApiClient administrator)
    {
        for (var since = Stopwatch.StartNew(); since.Elapsed < time;)
        {
            await nobody.GetAsync("/readyz");
            await administrator.GetAsync("/api/v1/pki/signers");
            await administrator.PostAsync("/api/v1/groups", new { name = "builders" });
        }
    }
}

/// <summary>What a console would show: level, category, message and stack of each line.</summary>
internal sealed class LogText : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _lines = new();

    public string All => string.Concat(_lines);

    public int Bytes => _lines.Sum(Encoding.UTF8.GetByteCount);

    public void Clear() => _lines.Clear();

    public ILogger CreateLogger(string categoryName) => new Writer(_lines, categoryName);

    public void Dispose()
    {
    }

    private sealed class Writer(ConcurrentQueue<string> lines, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull =>
            null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{DateTime.UtcNow:HH:mm:ss.fff} {logLevel} {category}[{eventId.Id}] {formatter(state, exception)} {exception}\n");
    }
}
