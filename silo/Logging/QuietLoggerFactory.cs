using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CodeSigning.Silo.Logging;

/// <summary>
/// Keeps the log small during outages. Transient faults are logged with their cause and without a stack; of lines that
/// libraries repeat, the first is passed on, and their number once they end. What keeps a server from starting and is the
/// operator's mistake is no line of the log, since the process says it in a sentence as it ends.
/// </summary>
/// <param name="real">Writes the lines.</param>
/// <param name="time">The clock.</param>
/// <param name="isOperatorsMistake">Whether the process says in a sentence what a failed start is due to.</param>
internal sealed class QuietLoggerFactory(ILoggerFactory real, TimeProvider time, Func<Exception, bool> isOperatorsMistake) : ILoggerFactory
{
    private const string HostCategory = "Microsoft.Extensions.Hosting.Internal.Host";
    private const int HostedServiceStartupFaulted = 11; // Of the host's LoggerEventIds, which are internal.

    // The product logs a state once by itself; these categories log at each attempt.
    private static readonly string[] Repeating =
    [
        "Orleans.", "Npgsql", "Microsoft.Extensions.Diagnostics.HealthChecks.", "CodeSigning.Silo.Trust.MutualTls",
        "CodeSigning.Gateway.Auth.Oidc.",
    ];

    private readonly RepeatedLines _repeated = new(time);

    public ILogger CreateLogger(string categoryName) => new QuietLogger(
        real.CreateLogger(categoryName),
        categoryName == HostCategory ? isOperatorsMistake : null,
        Repeating.Any(prefix => categoryName.StartsWith(prefix, StringComparison.Ordinal)) ? _repeated : null,
        categoryName);

    public void AddProvider(ILoggerProvider provider) => real.AddProvider(provider);

    public void Dispose()
    {
        _repeated.Dispose();
        real.Dispose();
    }

    private sealed class QuietLogger(ILogger real, Func<Exception, bool>? isOperatorsMistake, RepeatedLines? repeated, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull =>
            real.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => real.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!real.IsEnabled(logLevel)
                || (eventId.Id == HostedServiceStartupFaulted && exception is not null && isOperatorsMistake?.Invoke(exception) is true))
            {
                return;
            }

            if (logLevel >= LogLevel.Warning && repeated?.IsRepeated(real, category, state, () => formatter(state, exception)) is true)
            {
                return;
            }

            if (exception is not null && IsPassing(exception))
            {
                var cause = TroubleLog.CauseOf(exception);
                real.Log(logLevel, eventId, state, null, (told, _) => $"{formatter(told, null)} {cause}");
                return;
            }

            real.Log(logLevel, eventId, state, exception, formatter);
        }

        private static bool IsPassing(Exception exception) => TroubleLog.IsPassing(exception) || exception is NpgsqlException;
    }
}

/// <summary>Detects repeated lines. Two lines are equal if they differ only in numbers and times.</summary>
internal sealed class RepeatedLines : IDisposable
{
    private const int MostLines = 500;
    private const int MostText = 300;
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(15);

    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Line> _lines = [];
    private readonly ITimer _timer;

    public RepeatedLines(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(_ => TellOfEnds(), null, Sweep, Sweep);
    }

    /// <summary>The gap after which a repeated line counts as ended.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(2);

    /// <summary>Whether the same line was passed on before and has not ended.</summary>
    public bool IsRepeated<TState>(ILogger logger, string category, TState state, Func<string> text)
    {
        var key = $"{category} {Kind(state) ?? text()}";
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            if (_lines.TryGetValue(key, out var known))
            {
                _lines[key] = known with { LastAt = now, Count = known.Count + 1 };
                return true;
            }

            // When the table is full, lines are passed on uncounted.
            if (_lines.Count < MostLines)
            {
                _lines.Add(key, new Line(logger, Shorten(text()), now, now, Count: 1));
            }

            return false;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void TellOfEnds()
    {
        List<Line> ended = [];
        lock (_gate)
        {
            foreach (var (key, line) in _lines.Where(line => _time.GetElapsedTime(line.Value.LastAt) >= Patience).ToList())
            {
                _lines.Remove(key);
                ended.Add(line);
            }
        }

        foreach (var line in ended.Where(line => line.Count > 1))
        {
            var lasted = TimeSpan.FromSeconds(Math.Round(_time.GetElapsedTime(line.FirstAt, line.LastAt).TotalSeconds));
            line.Logger.LogWarning("A repeated message ended after {Count} occurrences in {Duration}: {Text}", line.Count, lasted, line.Text);
        }
    }

    // The key of a line: its template and its values other than numbers and times.
    private static string? Kind<TState>(TState state)
    {
        if (state is not IReadOnlyList<KeyValuePair<string, object?>> values)
        {
            return null;
        }

        StringBuilder kind = new();
        foreach (var (name, value) in values)
        {
            if (name == "{OriginalFormat}" || value is not (null or DateTime or DateTimeOffset or TimeSpan or IConvertible { } and not (string or bool or Enum)))
            {
                kind.Append(CultureInfo.InvariantCulture, $"{value}|");
            }
        }

        return kind.Length == 0 ? null : kind.ToString();
    }

    private static string Shorten(string text) =>
        (text.Length <= MostText ? text : text[..MostText] + "…").ReplaceLineEndings(" ");

    private sealed record Line(ILogger Logger, string Text, long FirstAt, long LastAt, long Count);
}
