namespace CodeSigning.Silo.Ledger.Entries;

/// <summary>What a stream ends in.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Number">The number of its last entry.</param>
/// <param name="Hash">The hash of that entry, lower-case hex.</param>
/// <param name="IsClosed">Whether its writer has closed it: nothing follows.</param>
internal sealed record StreamEnd(string Stream, long Number, string Hash, bool IsClosed)
{
    /// <summary>The first entry that is at hand; 1 but for a part of the ledger.</summary>
    public long First { get; init; } = 1;
}
