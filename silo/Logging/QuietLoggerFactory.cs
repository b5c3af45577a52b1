using Microsoft.Extensions.Logging;
using Npgsql;

namespace CodeSigning.Silo.Logging;

/// <summary>
/// Keeps the log small while something is away. What is expected to pass is told by its cause and without a stack; and of what
/// libraries say again and again, the first line is passed on, and how often it came once it comes no more.
/// </summary>
internal sealed class QuietLoggerFactory(ILoggerFactory real, TimeProvider time) : ILoggerFactory
{
    // The product's own work tells of a state by itself; libraries tell at each attempt.
    private static readonly string[] Repeating =
    [
        "Orleans.", "Npgsql", "Microsoft.Extensions.Diagnostics.HealthChecks.", typeof(Hosting.Trust.MutualTls).FullName!,
        "CodeSigning.Gateway.Auth.Oidc.",
    ];

    private readonly RepeatedLines _repeated = new(time);

    public ILogger CreateLogger(string categoryName) => new QuietLogger(
        real.CreateLogger(categoryName),
        Repeating.Any(prefix => categoryName.StartsWith(prefix, StringComparison.Ordinal)) ? _repeated : null,
        categoryName);

    public void AddProvider(ILoggerProvider provider) => real.AddProvider(provider);

    public void Dispose()
    {
        _repeated.Dispose();
        real.Dispose();
    }

    private sealed class QuietLogger(ILogger real, RepeatedLines? repeated, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull =>
            real.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => real.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!real.IsEnabled(logLevel))
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
