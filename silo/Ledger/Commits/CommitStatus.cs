namespace CodeSigning.Silo.Ledger.Commits;

/// <summary>What a commit did with a batch as a whole.</summary>
internal enum CommitStatus
{
    /// <summary>All of it is durable.</summary>
    Committed,

    /// <summary>It was durable already: an earlier attempt, whose answer was lost, had written it.</summary>
    AlreadyCommitted,

    /// <summary>Nothing was written; the report names what stands against it.</summary>
    Refused,

    /// <summary>Nothing was written: the stream ends neither where the batch begins nor where it ends, or is closed.</summary>
    HeadMoved,
}
