using System.Collections.Immutable;

namespace CodeSigning.Silo.Notifications;

/// <summary>
/// How far the ledger was read for notifications: the last number of each stream. One row for all nodes; denials have one of
/// their own.
/// </summary>
internal sealed record FeedState
{
    public const string RowId = "position";
    public const string DenialsRowId = "denials";

    public ImmutableSortedDictionary<string, long> Numbers { get; init; } = ImmutableSortedDictionary<string, long>.Empty;

    /// <summary>When denials were told of last (UTC).</summary>
    public DateTimeOffset? ToldAt { get; init; }

    public static ImmutableSortedDictionary<string, long> From(IEnumerable<(string Stream, long Number)> ends) =>
        ends.ToImmutableSortedDictionary(end => end.Stream, end => end.Number, StringComparer.Ordinal);
}
