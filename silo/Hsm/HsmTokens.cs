using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using CodeSigning.Errors;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Logging;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Hsm;

/// <summary>The HSMs of this node.</summary>
internal sealed class HsmTokens : IKeyTokens, IAsyncDisposable
{
    private readonly FrozenDictionary<string, HsmToken> _tokens;

    public HsmTokens(ImmutableArray<HsmSettings> settings, IPinRecord pins, TimeProvider time, ILogger<HsmTokens> log)
    {
        _tokens = settings.ToFrozenDictionary(one => one.Name, one => new HsmToken(one, pins, time, log), StringComparer.Ordinal);
        Names = [.. _tokens.Keys.Order(StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names { get; }

    /// <summary>The tokens.</summary>
    public IEnumerable<HsmToken> All => _tokens.Values;

    /// <inheritdoc/>
    public IKeyToken? Find(string name) => _tokens.GetValueOrDefault(name);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var token in _tokens.Values)
        {
            await token.DisposeAsync();
        }
    }
}

/// <summary>Keeps the HSMs connected, so that the log and the metrics tell of one that is away before anybody signs with it.</summary>
internal sealed class HsmWatch : BackgroundService
{
    /// <summary>The name of its meter.</summary>
    public const string MeterName = "CodeSigning.Hsm";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly HsmTokens _tokens;
    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private readonly ILogger<HsmWatch> _logger;

    public HsmWatch(HsmTokens tokens, TimeProvider time, ILogger<HsmWatch> logger, IMeterFactory? factory = null)
    {
        (_tokens, _time, _logger) = (tokens, time, logger);
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _meter.CreateObservableGauge(
            "codesigning.hsm.available",
            () => _tokens.All.Select(token => new Measurement<int>(
                token.IsConnected ? 1 : 0, new KeyValuePair<string, object?>("hsm", token.Name))),
            description: "Whether this node is logged in to an HSM.");
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(_tokens.All.Select(token =>
        new RepeatedWork(
            _logger,
            _time,
            $"The HSM {token.Name} is looked at again.",
            $"The HSM {token.Name} could not be looked at.",
            $"The HSM {token.Name} could not be looked at: fix the cause.")
        .RepeatAsync(Interval, round => ProbeAsync(token, round), stoppingToken, isDue: true)));

    // What keeps it from connecting is logged where it is met.
    private static async Task ProbeAsync(HsmToken token, CancellationToken cancellationToken)
    {
        try
        {
            await token.ProbeAsync(cancellationToken);
        }
        catch (RefusedException)
        {
            // It is tried again at the next tick.
        }
    }
}
