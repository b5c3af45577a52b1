using CodeSigning.Grains.States;
using CodeSigning.Silo.Logging;
using CodeSigning.Silo.Tests.Hosting;
using CodeSigning.Testing;
using Microsoft.Extensions.Logging;
using Xunit;

namespace CodeSigning.Silo.Tests.Logging;

/// <summary>What libraries say of a state at each attempt is passed on once.</summary>
public sealed class QuietLoggerTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly LogLines _lines = new();
    private readonly QuietLoggerFactory _factory;
    private readonly ILogger _library;

    public QuietLoggerTests()
    {
        _factory = new QuietLoggerFactory(new LoggerFactory([_lines]), _time, fault => fault is IOException);
        _library = _factory.CreateLogger("Orleans.Runtime.MembershipService.ClusterHealthMonitor");
    }

    public void Dispose()
    {
        _factory.Dispose();
        _lines.Dispose();
    }

    [Fact]
    public void Message_that_differs_only_in_numbers_is_logged_once()
    {
        for (var i = 0; i < 100; i++)
        {
            Probe(i, "S10.0.0.1:11111");
        }

        Assert.Equal("Probe 0 to S10.0.0.1:11111 failed", Assert.Single(_lines.All).Text);
    }

    [Theory]
    [InlineData("Microsoft.Extensions.Hosting.Internal.Host", 11, 0)]
    [InlineData("Microsoft.Extensions.Hosting.Internal.Host", 9, 1)] // BackgroundServiceFaulted
    [InlineData("CodeSigning.Silo.Cluster.AddressClaim", 11, 1)]
    public void Failed_start_by_operators_mistake_is_not_logged_twice(string category, int eventId, int logged)
    {
        var log = _factory.CreateLogger(category);
        log.Log(LogLevel.Error, new EventId(eventId), "It failed", new IOException("address already in use"), (text, _) => text);
        Assert.Equal(logged, _lines.All.Count);

        log.Log(LogLevel.Error, new EventId(eventId), "It failed", new InvalidOperationException("a fault"), (text, _) => text);
        Assert.Equal(logged + 1, _lines.All.Count);
    }

    [Fact]
    public void Message_about_another_address_is_logged()
    {
        Probe(1, "S10.0.0.1:11111");
        Probe(1, "S10.0.0.2:11111");
        Assert.Equal(2, _lines.All.Count);
    }

    [Fact]
    public void End_of_a_repeated_message_is_logged()
    {
        Probe(1, "S10.0.0.1:11111");
        _time.Advance(TimeSpan.FromSeconds(60));
        Probe(2, "S10.0.0.1:11111");
        _time.Advance(RepeatedLines.Patience + TimeSpan.FromSeconds(15));
        Assert.Equal("A repeated message ended after 2 occurrences in 00:01:00: Probe 1 to S10.0.0.1:11111 failed", _lines.All.Last().Text);
        Probe(3, "S10.0.0.1:11111");
        Assert.Equal(3, _lines.All.Count);
    }

    [Fact]
    public void Message_logged_once_has_no_end()
    {
        Probe(1, "S10.0.0.1:11111");
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Single(_lines.All);
    }

    [Fact]
    public void Own_messages_and_information_are_always_logged()
    {
        var own = _factory.CreateLogger("CodeSigning.Silo.Ledger.Writing.LedgerWriter");
        for (var i = 0; i < 3; i++)
        {
            own.LogError("A fault");
            _library.LogInformation("A step");
        }

        Assert.Equal(6, _lines.All.Count);
    }

    [Fact]
    public void Outage_is_logged_without_a_stack_and_fault_with_one()
    {
        var own = _factory.CreateLogger("own");
        own.LogError(new StoreUnavailableException("Away.", new IOException("refused")), "The store cannot be written.");
        own.LogError(new InvalidOperationException("x"), "Broken.");
        Assert.Equal(
            [("The store cannot be written. Away. refused", false), ("Broken.", true)],
            _lines.All.Select(line => (line.Text, line.Exception is not null)));
    }

    private void Probe(int number, string silo) => _library.LogWarning("Probe {Number} to {Silo} failed", number, silo);
}
