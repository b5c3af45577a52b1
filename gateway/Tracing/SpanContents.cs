using System.Diagnostics;
using CodeSigning.Silo.Ledger;
using OpenTelemetry;

namespace CodeSigning.Gateway.Tracing;

/// <summary>
/// Decides what leaves in spans: attributes that are known to hold nothing of a caller's, and no message of an exception.
/// Work that no request and no grain call began is left out, such as what is read each second.
/// </summary>
internal sealed class SpanContents : BaseProcessor<Activity>
{
    /// <summary>The database client's source.</summary>
    public const string Npgsql = "Npgsql";

    // Neither paths nor queries, which anybody may fill. Statements are ours, and hold names of parameters only.
    private static readonly HashSet<string> Attributes =
    [
        "http.request.method", "http.response.status_code", "http.route", "url.scheme", "network.protocol.version",
        "error.type", "exception.type",
        "rpc.system", "rpc.service", "rpc.method", "rpc.orleans.target_id",
        "db.system.name", "db.query.text", "db.operation.name", "db.response.status_code",
        LedgerTracing.Elements,
    ];

    private readonly ActivityListener _exceptions = new()
    {
        ShouldListenTo = static source => source.Name == Npgsql,
        ExceptionRecorder = static (_, exception, ref tags) =>
        {
            // Those that are not given here are filled in with the message.
            tags.Add("exception.message", "");
            tags.Add("exception.stacktrace", exception.StackTrace ?? "");
        },
    };

    public SpanContents() => ActivitySource.AddActivityListener(_exceptions);

    /// <inheritdoc/>
    public override void OnEnd(Activity data)
    {
        if (data.ParentSpanId == default && data.Kind != ActivityKind.Server)
        {
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            return;
        }

        foreach (var (name, _) in data.TagObjects.Where(tag => !Attributes.Contains(tag.Key)).ToList())
        {
            data.SetTag(name, null);
        }

        if (data.StatusDescription is not null)
        {
            data.SetStatus(data.Status);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _exceptions.Dispose();
        }

        base.Dispose(disposing);
    }
}
