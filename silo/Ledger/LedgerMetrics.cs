using System.Diagnostics.Metrics;

namespace CodeSigning.Silo.Ledger;

/// <summary>The metrics of the ledger's writer, on the meter <see cref="MeterName"/>.</summary>
public sealed class LedgerMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "CodeSigning.Ledger";

    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    private static readonly InstrumentAdvice<long> Sizes = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] };

    private readonly Meter _meter;
    private readonly Histogram<long> _batchSize;
    private readonly Histogram<double> _commitSeconds;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _refusedBatches;
    private Func<int> _queueLength = () => 0;
    private Func<(long Checkpoint, bool IsNew)?> _highWater = () => null;
    private Func<(int Problems, TimeSpan Age)?> _verified = () => null;
    private Func<TimeSpan?> _forwarded = () => null;
    private double _skewSeconds;

    /// <summary>Creates the instruments.</summary>
    public LedgerMetrics(IMeterFactory? factory = null)
    {
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _batchSize = _meter.CreateHistogram<long>("ledger.batch.size", "{element}", "Elements committed together.", null, Sizes);
        _commitSeconds = _meter.CreateHistogram<double>("ledger.commit.duration", "s", "Time of one commit, with its flush to disk.", null, Durations);
        _refused = _meter.CreateCounter<long>("ledger.elements.refused", "{element}", "Elements refused at the commit, by reason.");
        _retries = _meter.CreateCounter<long>("ledger.commit.retries", "{retry}", "Commits repeated because their answer was lost or another node was in the way.");
        _refusedBatches = _meter.CreateCounter<long>("ledger.batches.refused", "{batch}", "Batches that were refused and proposed again without some of their elements.");
        _meter.CreateObservableGauge("ledger.queue.length", () => _queueLength(), "{element}", "Elements that wait for the writer.");
        _meter.CreateObservableGauge("ledger.clock.skew", () => Volatile.Read(ref _skewSeconds), "s", "This node's clock minus the database's.");
        _meter.CreateObservableGauge(
            "ledger.verification.problems", () => Observed(_verified(), found => found.Problems), "{problem}",
            "Problems that the last full verification found.");
        _meter.CreateObservableGauge(
            "ledger.verification.age", () => Observed(_verified(), found => found.Age.TotalSeconds), "s", "Time since the last full verification ended.");
        _meter.CreateObservableGauge(
            "ledger.forwarding.age", () => Observed(_forwarded(), age => age.TotalSeconds), "s", "Time since all of the ledger was forwarded.");
        _meter.CreateObservableGauge(
            "ledger.high_water", () => Observed(_highWater(), mark => mark.Checkpoint), "{checkpoint}", "The last checkpoint that this node saw.");
        _meter.CreateObservableGauge(
            "ledger.high_water.lost", () => Observed(_highWater(), mark => mark.IsNew ? 1 : 0), "{node}",
            "1 where this node found no high-water mark at its start, though the store had checkpoints.");
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    internal void ObserveQueue(Func<int> length) => _queueLength = length;

    internal void ObserveHighWater(Func<(long Checkpoint, bool IsNew)?> mark) => _highWater = mark;

    internal void ObserveVerification(Func<(int Problems, TimeSpan Age)?> last) => _verified = last;

    internal void ObserveForwarding(Func<TimeSpan?> age) => _forwarded = age;

    internal void Committed(int elements, TimeSpan duration)
    {
        _batchSize.Record(elements);
        _commitSeconds.Record(duration.TotalSeconds);
    }

    internal void BatchRefused() => _refusedBatches.Add(1);

    internal void ElementRefused(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    internal void Retried() => _retries.Add(1);

    internal void ClockSkew(TimeSpan skew) => Volatile.Write(ref _skewSeconds, skew.TotalSeconds);

    // No measurement if nothing is known: zero problems would mean that a verification was made.
    private static IEnumerable<Measurement<TValue>> Observed<TSource, TValue>(TSource? source, Func<TSource, TValue> value)
        where TSource : struct
        where TValue : struct
    {
        if (source is { } known)
        {
            yield return new Measurement<TValue>(value(known));
        }
    }
}
