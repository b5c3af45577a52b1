using System.Buffers;
using System.Diagnostics.Metrics;
using System.Text;
using CodeSigning.Gateway.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Gateway.Tests.Metrics;

public sealed class OpenMetricsTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Meter _meter;
    private readonly MetricsCollector _collector;

    public OpenMetricsTests()
    {
        var meters = _services.GetRequiredService<IMeterFactory>();
        _meter = meters.Create("CodeSigning.Test");
        _collector = new MetricsCollector(meters);
    }

    [Fact]
    public void A_counter_ends_in_total_and_keeps_its_labels_apart()
    {
        var signatures = _meter.CreateCounter<long>("signatures", "{signature}", "Signatures made.");
        signatures.Add(2, new KeyValuePair<string, object?>("algorithm", "RSASSA_PSS_SHA256"));
        signatures.Add(3, new KeyValuePair<string, object?>("algorithm", "RSASSA_PSS_SHA256"));
        signatures.Add(1, new KeyValuePair<string, object?>("algorithm", "ECDSA_SHA256"));

        Assert.Equal(
            """
            # TYPE signatures counter
            # HELP signatures Signatures made.
            signatures_total{algorithm="ECDSA_SHA256"} 1
            signatures_total{algorithm="RSASSA_PSS_SHA256"} 5

            """,
            Family("signatures"));
    }

    [Fact]
    public void A_histogram_counts_what_is_at_most_its_bounds_and_names_its_unit()
    {
        var commits = _meter.CreateHistogram(
            "ledger.commit", "s", null, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1] });
        commits.Record(0.5);
        commits.Record(0.75);
        commits.Record(7);

        Assert.Equal(
            """
            # TYPE ledger_commit_seconds histogram
            # UNIT ledger_commit_seconds seconds
            ledger_commit_seconds_bucket{le="0.5"} 1
            ledger_commit_seconds_bucket{le="1.0"} 2
            ledger_commit_seconds_bucket{le="+Inf"} 3
            ledger_commit_seconds_count 3
            ledger_commit_seconds_sum 8.25

            """,
            Family("ledger_commit_seconds"));
    }

    [Fact]
    public void What_is_added_and_taken_away_is_a_gauge()
    {
        var waiting = _meter.CreateUpDownCounter<int>("waiting");
        waiting.Add(5);
        waiting.Add(-2);

        Assert.Contains("# TYPE waiting gauge\nwaiting 3\n", Text(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dotnet.thread_pool.thread.count")]
    [InlineData("dotnet.thread_pool.queue.length")]
    public void What_the_run_time_calls_a_counter_and_falls_is_a_gauge(string name)
    {
        _meter.CreateObservableCounter(name, () => 1L);

        Assert.Contains($"# TYPE {name.Replace('.', '_')} gauge\n", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_observed_no_more_is_gone()
    {
        var grains = new List<Measurement<int>> { new(4, new KeyValuePair<string, object?>("type", "signer")) };
        _meter.CreateObservableGauge("grains", () => grains);
        Assert.Contains("grains{type=\"signer\"} 4\n", Text(), StringComparison.Ordinal);

        grains.Clear();

        Assert.DoesNotContain("grains{", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_cannot_break_out_of_their_quotes()
    {
        _meter.CreateCounter<int>("odd").Add(1, new KeyValuePair<string, object?>("a-b", "x\"\\\ny"));

        Assert.Contains("odd_total{a_b=\"x\\\"\\\\\\ny\"} 1\n", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_that_grows_without_end_fills_one_series_in_the_end()
    {
        var counter = _meter.CreateCounter<int>("flood");
        for (var i = 0; i < 3000; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("id", i));
        }

        var lines = Family("flood").Split('\n').Where(line => line.StartsWith("flood_total", StringComparison.Ordinal)).ToList();
        Assert.Equal(2001, lines.Count);
        Assert.Contains("flood_total 1000", lines);
    }

    [Fact]
    public void The_text_ends_with_EOF() => Assert.EndsWith("\n# EOF\n", Text(), StringComparison.Ordinal);

    public void Dispose()
    {
        _collector.Dispose();
        _services.Dispose();
    }

    private string Text()
    {
        var output = new ArrayBufferWriter<byte>();
        _collector.Write(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private string Family(string name)
    {
        var lines = Text().Split('\n');
        var first = Array.IndexOf(lines, lines.Single(line => line.StartsWith($"# TYPE {name} ", StringComparison.Ordinal)));
        var length = lines.Skip(first + 1).TakeWhile(line => !line.StartsWith("# TYPE", StringComparison.Ordinal) && line != "# EOF").Count();
        return string.Concat(lines.Skip(first).Take(length + 1).Select(line => line + "\n"));
    }
}
