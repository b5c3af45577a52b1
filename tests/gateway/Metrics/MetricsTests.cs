using System.Diagnostics.Metrics;
using CodeSigning.Gateway.Tests.Http;
using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Grains.Signing;
using CodeSigning.Ledger;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Gateway.Tests.Metrics;

/// <summary>What <c>/metrics</c> tells.</summary>
[Collection(SharedServer.Collection)]
public sealed class MetricsTests(SharedServer shared) : IDisposable
{
    private readonly Meter _meter =
        shared.Server.Services.GetRequiredService<IMeterFactory>().Create($"CodeSigning.Test{Guid.NewGuid():n}");

    public void Dispose() => _meter.Dispose();

    [Theory]
    [InlineData("codesigning_connections", "gauge")]
    [InlineData("codesigning_connections_displaced", "counter")]
    [InlineData("codesigning_signatures", "counter")]
    [InlineData("ledger_batch_size", "histogram")]
    [InlineData("ledger_commit_duration_seconds", "histogram")]
    [InlineData("ledger_queue_length", "gauge")]
    [InlineData("ledger_clock_skew_seconds", "gauge")]
    [InlineData("http_server_request_duration_seconds", "histogram")]
    [InlineData("kestrel_active_connections", "gauge")]
    [InlineData("dotnet_gc_collections", "counter")]
    [InlineData("dotnet_gc_heap_total_allocated_bytes", "counter")]
    [InlineData("dotnet_thread_pool_thread_count", "gauge")]
    [InlineData("dotnet_thread_pool_queue_length", "gauge")]
    [InlineData("orleans_system_targets", "gauge")]
    [InlineData("orleans_catalog_activations", "gauge")]
    public async Task Metric_is_described_once_with_its_type(string name, string type)
    {
        await SignAsSomebodyUnknownAsync();

        Assert.Single((await ScrapeAsync()).Lines, $"# TYPE {name} {type}");
    }

    [Fact]
    public async Task Answer_is_OpenMetrics_with_helps_and_units()
    {
        var answer = (await shared.Server.AsNobody().GetAsync("/metrics")).Succeeded();

        Assert.Equal("application/openmetrics-text", answer.ContentType);
        Assert.Contains("# HELP ledger_commit_duration_seconds Time of one commit, with its flush to disk.\n", answer.BodyText, StringComparison.Ordinal);
        Assert.Contains("# UNIT ledger_commit_duration_seconds seconds\n", answer.BodyText, StringComparison.Ordinal);
        Assert.Contains("ledger_commit_duration_seconds_bucket{le=\"0.0005\"} ", answer.BodyText, StringComparison.Ordinal);
        Assert.Contains("ledger_batch_size_bucket{le=\"1024.0\"} ", answer.BodyText, StringComparison.Ordinal);
        Assert.EndsWith("\n# EOF\n", answer.BodyText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Up_down_counter_is_a_gauge()
    {
        var name = UniqueName("waiting");
        var waiting = _meter.CreateUpDownCounter<int>(name);
        waiting.Add(5);
        waiting.Add(-2);

        Assert.Contains($"# TYPE {name} gauge\n{name}{{}} 3\n", (await ScrapeAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Series_no_longer_observed_disappears()
    {
        var name = UniqueName("observed");
        var grains = new List<Measurement<int>> { new(4, new KeyValuePair<string, object?>("type", "signer")) };
        _meter.CreateObservableGauge(name, () => grains);
        Assert.Equal(4, (await ScrapeAsync()).ValueOf($"{name}{{type=\"signer\"}}"));

        grains.Clear();

        Assert.DoesNotContain(name + "{", (await ScrapeAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_cannot_escape_their_quotes()
    {
        var name = UniqueName("odd");
        _meter.CreateCounter<int>(name).Add(1, new KeyValuePair<string, object?>("a-b", "x\"\\\ny"));

        Assert.Contains($"{name}_total{{a_b=\"x\\\"\\\\\\ny\"}} 1\n", (await ScrapeAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Label_with_too_many_values_collapses_into_one_series()
    {
        var name = UniqueName("flood");
        var counter = _meter.CreateCounter<int>(name);
        for (var i = 0; i < 3000; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("id", i));
        }

        var scraped = await ScrapeAsync();
        Assert.Equal(2800, scraped.ValueOf($"{name}_total{{otel_metric_overflow=\"true\"}}"));
        Assert.Equal(201, scraped.Lines.Count(line => line.StartsWith($"{name}_total{{", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task No_label_names_another_node_or_the_database()
    {
        var labels = (await ScrapeAsync()).Labels.ToList();

        Assert.Contains(labels, label => label.StartsWith("type=", StringComparison.Ordinal));
        Assert.DoesNotContain(labels, label =>
            label.Contains("Destination=", StringComparison.Ordinal) || label.Contains("silo=", StringComparison.Ordinal)
            || label.Contains("pool_name=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Slow_reader_delays_no_other_scrape()
    {
        await using var slow = await RawConnection.OpenAsync(shared.Server.Address);
        await slow.SendAsync(string.Concat(Enumerable.Repeat("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 300)));

        for (var i = 0; i < 10; i++)
        {
            await ScrapeAsync();
        }
    }

    [Fact]
    public void Counting_a_signature_allocates_nothing()
    {
        var meter = shared.Server.Services.GetRequiredService<SigningMeter>();
        Count(meter, 10);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Count(meter, 1000);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task Failed_login_is_counted_by_its_error_code()
    {
        const string series = "codesigning_logins_failed_total{method=\"password\",reason=\"Unauthenticated\"}";
        var before = (await ScrapeAsync()).ValueOf(series);

        await LogInInVainAsync(CodeSigningServer.AdministratorEmail);
        await LogInInVainAsync("nobody@example.com");

        Assert.Equal(before + 2, (await ScrapeAsync()).ValueOf(series));
    }

    // To Prometheus what is first seen at one has not increased.
    [Theory]
    [InlineData("codesigning_signatures_total{algorithm=\"RSASSA_PSS_SHA512\",outcome=\"failed\"} ")]
    [InlineData("codesigning_deliveries_attempts_total{channel=\"mail\",outcome=\"given_up\"} ")]
    [InlineData("codesigning_deliveries_attempts_total{channel=\"webhook\",outcome=\"given_up\"} ")]
    public async Task Counter_of_faults_is_there_before_the_first(string series) =>
        Assert.Contains((await ScrapeAsync()).Lines, line => line.StartsWith(series, StringComparison.Ordinal));

    [Fact]
    public async Task Denial_is_counted_by_its_code()
    {
        const string series = "codesigning_denials_total{code=\"NotFound\"}";
        var before = (await ScrapeAsync()).ValueOf(series);

        await SignAsSomebodyUnknownAsync();

        Assert.Equal(before + 1, (await ScrapeAsync()).ValueOf(series));
    }

    [Fact]
    public async Task Store_counts_are_exposed_as_metrics()
    {
        ScrapedText scraped = null!;
        await Eventually.HoldsAsync(async () =>
        {
            scraped = await ScrapeAsync();
            return scraped.Text.Contains("codesigning_requests_pending{} ", StringComparison.Ordinal);
        });

        Assert.Contains("# TYPE codesigning_certificates_expiring gauge\n", scraped.Text, StringComparison.Ordinal);
        Assert.Contains("codesigning_certificates_expiring{kind=\"signing\"} ", scraped.Text, StringComparison.Ordinal);
    }

    private static void Count(SigningMeter meter, int times)
    {
        for (var i = 0; i < times; i++)
        {
            meter.Count("ECDSA_SHA256", EntryOutcome.Success);
        }
    }

    private static string UniqueName(string word) => $"{word}_{Guid.NewGuid():n}";

    private Task<ScrapedText> ScrapeAsync() => ScrapedText.ReadAsync(shared.Server);

    private async Task SignAsSomebodyUnknownAsync() => (await (await shared.Server.AsAdministratorAsync()).PostAsync(
            "/api/v1/pki/signers/sgn_00000000000000000000000000/sign",
            new { data = Convert.ToBase64String(new byte[32]), signingAlgorithm = "ECDSA_SHA256", isDigest = true }))
        .Refused(404, "NotFound");

    private async Task LogInInVainAsync(string email) =>
        (await shared.Server.AsNobody().PostAsync("/api/v1/auth/login", new { email, password = "not that" })).Refused(401, "Unauthenticated");
}
