using System.Diagnostics.Metrics;

namespace CodeSigning.Gateway.Limits;

/// <summary>Tells <c>/metrics</c> how many connections there are, and of whom.</summary>
internal sealed class ConnectionMetrics : IDisposable
{
    private readonly Meter _meter;

    public ConnectionMetrics(IMeterFactory factory, ConnectionLimits connections)
    {
        _meter = factory.Create("CodeSigning.Connections");
        _meter.CreateObservableUpDownCounter(
            "codesigning.connections",
            () => new Measurement<int>[]
            {
                new(connections.AnonymousCount, new KeyValuePair<string, object?>("kind", "anonymous")),
                new(connections.TrustedCount, new KeyValuePair<string, object?>("kind", "trusted")),
            },
            "{connection}",
            "Connections that are open: of callers and trusted proxies, and those on which nobody was authenticated yet.");
        _meter.CreateObservableCounter(
            "codesigning.connections.displaced",
            () => connections.Displaced,
            "{connection}",
            "Connections that were ended to make room for others.");
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
