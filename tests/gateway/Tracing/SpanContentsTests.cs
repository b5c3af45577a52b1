using System.Diagnostics;
using CodeSigning.Gateway.Tracing;

namespace CodeSigning.Gateway.Tests.Tracing;

public sealed class SpanContentsTests : IDisposable
{
    private const string Private = "what-a-caller-said";
    private readonly ActivitySource _source = new(SpanContents.Npgsql);
    private readonly SpanContents _contents = new();
    private readonly ActivityListener _listener = new()
    {
        ShouldListenTo = source => source.Name == SpanContents.Npgsql,
        Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
    };

    public SpanContentsTests() => ActivitySource.AddActivityListener(_listener);

    public void Dispose()
    {
        _source.Dispose();
        _contents.Dispose();
        _listener.Dispose();
    }

    [Fact]
    public void Only_known_attributes_are_exported()
    {
        using var span = _source.StartActivity("GET /x", ActivityKind.Server)!;
        span.SetTag("http.route", "/x").SetTag("url.path", Private).SetTag("url.query", Private).SetTag("exception.message", Private);
        span.SetStatus(ActivityStatusCode.Error, Private);

        _contents.OnEnd(span);

        Assert.Equal("http.route", Assert.Single(span.TagObjects).Key);
        Assert.Equal((ActivityStatusCode.Error, null), (span.Status, span.StatusDescription));
        Assert.True(span.Recorded);
    }

    [Fact]
    public void Database_exceptions_are_exported_without_their_message()
    {
        using var span = _source.StartActivity("postgresql", ActivityKind.Server)!;

        span.AddException(new InvalidOperationException(Private));

        Assert.DoesNotContain(Assert.Single(span.Events).Tags, tag => tag.Value is string text && text.Contains(Private, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ActivityKind.Server, true)]
    [InlineData(ActivityKind.Client, false)]
    [InlineData(ActivityKind.Internal, false)]
    public void Only_spans_of_a_request_are_exported(ActivityKind kind, bool isSent)
    {
        Activity.Current = null;
        using var span = _source.StartActivity("work", kind)!;

        _contents.OnEnd(span);

        Assert.Equal(isSent, span.Recorded);
    }
}
