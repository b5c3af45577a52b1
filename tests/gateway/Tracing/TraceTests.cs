using CodeSigning.Gateway.Tests.Approvals;
using CodeSigning.Gateway.Tests.Auth;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Trace;

namespace CodeSigning.Gateway.Tests.Tracing;

/// <summary>A signature under a grant, as a collector sees it.</summary>
public sealed class TraceTests : ApprovalGateway
{
    private const string InQuery = "what-a-query-says";
    private OtlpReceiver _receiver = null!;

    protected override string[] Settings => _receiver.Settings;

    public override async Task InitializeAsync()
    {
        _receiver = await OtlpReceiver.StartAsync();
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    [Fact]
    public async Task One_signature_is_one_trace_of_request_grain_and_commit()
    {
        var request = await AskAsync();
        await Ann.PostAsync($"/pki/approval-requests/{request}/approve", new { }, 200);
        await Machine.PostAsync($"/pki/signers/{SignerId}/sign?x={InQuery}", Sign(), 200);

        await Eventually.HoldsAsync(() => Trace().Any(span => span.IsRoot));
        var names = Trace().Select(span => span.Name).ToList();
        Assert.Contains("IGrantGrain/ReserveAsync", names);
        Assert.Contains("ledger commit", names);
        Assert.Contains("ledger batch", names);
        Assert.Equal(ReceivedSpan.Server, Trace().Single(span => span.IsRoot).Kind);
    }

    [Fact]
    public async Task Spans_hold_no_query_no_body_and_no_token()
    {
        await Machine.PostAsync($"/pki/signers/{SignerId}/sign?x={InQuery}", Sign(), 403);
        await Machine.GetAsync($"/{InQuery}", 404);
        await Eventually.HoldsAsync(() => _receiver.Spans.Any(IsSigning));

        Assert.DoesNotContain(InQuery, _receiver.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Data, _receiver.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, _receiver.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Machine.DefaultRequestHeaders.Authorization!.Parameter!, _receiver.Text, StringComparison.Ordinal);
        Assert.All(_receiver.Spans, span => Assert.DoesNotContain(
            span.Attributes, name => name.StartsWith("url.path", StringComparison.Ordinal) || name.StartsWith("exception.message", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Background_work_and_probes_are_not_traced()
    {
        await Gateway.Http.GetStringAsync("/metrics");
        await Machine.PostAsync($"/pki/signers/{SignerId}/sign", Sign(), 403);
        await Eventually.HoldsAsync(() => _receiver.Spans.Any(IsSigning));

        Assert.All(_receiver.Spans.Where(span => span.IsRoot), span => Assert.Equal(ReceivedSpan.Server, span.Kind));
        Assert.DoesNotContain(_receiver.Spans, span => span.Name.Contains("/metrics", StringComparison.Ordinal));
    }

    private static bool IsSigning(ReceivedSpan span) =>
        span is { Kind: ReceivedSpan.Server, IsRoot: true } && span.Name.EndsWith("/sign", StringComparison.Ordinal);

    private List<ReceivedSpan> Trace()
    {
        var spans = _receiver.Spans;
        var trace = spans.FirstOrDefault(span => span.Name == "IGrantGrain/ReserveAsync")?.TraceId;
        return [.. spans.Where(span => span.TraceId == trace)];
    }
}

/// <summary>A signature over PostgreSQL, as a collector sees it, and what is there where none is named.</summary>
public sealed class DatabaseTraceTests
{
    [Fact]
    public async Task Trace_holds_its_database_calls()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var database = await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync();
        await using var gateway = await RunningGateway.StartAsync(
            [.. receiver.Settings, $"--CODESIGNING_DB={database.Service}", $"--CODESIGNING_DB_MIGRATE={database.Owner}"]);
        using var administrator = await gateway.SignInAsync();
        for (var i = 0; i < 10; i++)
        {
            // A batch belongs to the trace of the first of its elements alone, which may be another one's.
            await administrator.PostAsync("/groups", new { name = $"release {i}" });
        }

        await Eventually.HoldsAsync(() => TracesOfGroups(receiver).Any(names => names.Contains("ledger batch") && names.Contains("postgresql")));
        Assert.All(receiver.Spans.Where(span => span.IsRoot), span => Assert.Equal(ReceivedSpan.Server, span.Kind));
        var metrics = await gateway.Http.GetStringAsync("/metrics");
        Assert.Contains("db_client_operation_duration_seconds_bucket{le=\"0.001\"} ", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("Host=", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tracing_is_off_without_an_endpoint()
    {
        await using var gateway = await RunningGateway.StartAsync();

        Assert.Null(gateway.Services.GetService<TracerProvider>());
    }

    private static IEnumerable<ILookup<string, ReceivedSpan>> TracesOfGroups(OtlpReceiver receiver)
    {
        var spans = receiver.Spans;
        return spans.Where(span => span.IsRoot && span.Name.StartsWith("POST /api/v1/groups", StringComparison.Ordinal))
            .Select(root => spans.Where(span => span.TraceId == root.TraceId).ToLookup(span => span.Name));
    }
}
