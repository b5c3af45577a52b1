using CodeSigning.Grains.States;
using CodeSigning.Silo.Logging;
using CodeSigning.Silo.Tests.Hosting;
using CodeSigning.Testing;
using Microsoft.Extensions.Logging;
using Xunit;

namespace CodeSigning.Silo.Tests.Logging;

/// <summary>A state is logged once when it begins and once when it ends.</summary>
public sealed class TroubleLogTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly LogLines _lines = new();
    private readonly TroubleLog _trouble;

    public TroubleLogTests() => _trouble = new TroubleLog(_lines.CreateLogger("work"), _time);

    public void Dispose() => _lines.Dispose();

    [Fact]
    public void Outage_is_logged_once_with_its_cause_without_a_stack()
    {
        for (var i = 0; i < 100; i++)
        {
            _trouble.Met(Away($"attempt {i}"), "The work waits.", "The work is broken.");
        }

        var line = Assert.Single(_lines.All);
        Assert.Equal((LogLevel.Warning, "The work waits. Away. attempt 0"), (line.Level, line.Text));
        Assert.Null(line.Exception);
    }

    [Fact]
    public void End_of_an_outage_is_logged_with_its_duration()
    {
        _trouble.Met(Away("x"), "The work waits.", "");
        _time.Advance(TimeSpan.FromSeconds(90));
        _trouble.Over("The work goes on.");
        _trouble.Over("The work goes on.");
        Assert.Equal(2, _lines.All.Count);
        Assert.Equal("The work goes on. The fault lasted 00:01:30.", _lines.All.Last().Text);
    }

    [Fact]
    public void Next_outage_is_logged_again()
    {
        _trouble.Met(Away("x"), "The work waits.", "");
        _trouble.Over("The work goes on.");
        _trouble.Met(Away("x"), "The work waits.", "");
        Assert.Equal(3, _lines.All.Count);
    }

    [Fact]
    public void Another_cause_during_an_outage_is_logged_with_its_stack()
    {
        _trouble.Met(Away("x"), "The work waits.", "The work is broken.");
        _trouble.Met(new InvalidOperationException("y"), "The work waits.", "The work is broken.");
        _trouble.Met(new InvalidOperationException("y"), "The work waits.", "The work is broken.");
        Assert.Equal(2, _lines.All.Count);
        Assert.IsType<InvalidOperationException>(_lines.All.Last().Exception);
    }

    [Fact]
    public void Endless_causes_are_logged_in_bounded_lines()
    {
        for (var i = 0; i < 1000; i++)
        {
            _trouble.Met(new InvalidOperationException($"{i}"), "", "The work is broken.");
        }

        Assert.InRange(_lines.All.Count, 1, 10);
    }

    private static StoreUnavailableException Away(string cause) => new("Away.", new IOException(cause));
}
