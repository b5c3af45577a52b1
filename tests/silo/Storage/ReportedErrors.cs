using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Tests.Storage;

/// <summary>Collects what a node logs as an error, so that a test can wait for it.</summary>
internal sealed class ReportedErrors : ILoggerProvider, ILogger
{
    private readonly Channel<string> _errors = Channel.CreateUnbounded<string>();

    /// <summary>Makes a node log here.</summary>
    public static void Install(IServiceCollection services)
    {
        services.AddSingleton<ReportedErrors>();
        services.AddSingleton<ILoggerProvider>(provider => provider.GetRequiredService<ReportedErrors>());
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Error));
    }

    /// <summary>How many errors nobody has taken yet.</summary>
    public int Waiting => _errors.Reader.Count;

    /// <summary>The next error, as soon as there is one.</summary>
    public Task<string> NextAsync() => _errors.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull =>
        null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _errors.Writer.TryWrite(formatter(state, exception));

    public void Dispose() => _errors.Writer.TryComplete();
}
