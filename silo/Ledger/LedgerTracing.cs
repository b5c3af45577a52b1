using System.Diagnostics;

namespace CodeSigning.Silo.Ledger;

/// <summary>The ledger's spans. Nothing is made of them where nobody listens, or where what is committed is in no trace.</summary>
public static class LedgerTracing
{
    /// <summary>The name of the source.</summary>
    public const string SourceName = "CodeSigning.Ledger";

    /// <summary>How many elements a batch holds.</summary>
    public const string Elements = "codesigning.ledger.elements";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Whether anybody listens.</summary>
    internal static bool IsOn => Source.HasListeners();

    /// <summary>The span of one element, from the queue until it is durable or refused; null where nothing listens.</summary>
    internal static Activity? Commit() => Activity.Current is null ? null : Source.StartActivity("ledger commit");

    /// <summary>
    /// The span of a batch: a child of the first element's that is traced, linked with the others'; null where none is.
    /// </summary>
    /// <param name="commits">The spans of its elements.</param>
    internal static Activity? Batch(IReadOnlyList<Activity?> commits)
    {
        var traced = commits.OfType<Activity>().Select(commit => commit.Context).ToList();
        return traced is [var first, ..]
            ? Source.StartActivity(
                "ledger batch", ActivityKind.Internal, first, [new(Elements, commits.Count)], traced.Skip(1).Select(other => new ActivityLink(other)))
            : null;
    }
}
