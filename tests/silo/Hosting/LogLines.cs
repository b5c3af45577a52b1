using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Tests.Hosting;

/// <summary>What was logged, of all categories that the product's own filters let through.</summary>
internal sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<LogLine> _lines = new();

    public IReadOnlyCollection<LogLine> All => _lines;

    public ILogger CreateLogger(string categoryName) => new Recorder(_lines);

    public void Clear() => _lines.Clear();

    /// <summary>Waits until there is a line that holds a text.</summary>
    public async Task<LogLine> WaitForAsync(string text)
    {
        for (var attempt = 0; attempt < 1000; attempt++)
        {
            if (_lines.FirstOrDefault(line => line.Text.Contains(text, StringComparison.Ordinal)) is { } found)
            {
                return found;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }

        throw new TimeoutException($"Nobody logged '{text}', but:\n{string.Join('\n', _lines)}");
    }

    public void Dispose()
    {
    }

    private sealed class Recorder(ConcurrentQueue<LogLine> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull =>
            null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(new LogLine(logLevel, formatter(state, exception), exception));
    }
}

/// <summary>One line of the log; what an exception adds to it is a stack.</summary>
internal sealed record LogLine(LogLevel Level, string Text, Exception? Exception);
