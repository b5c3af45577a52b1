namespace CodeSigning.Ledger;

/// <summary>An entry as it stands in the ledger.</summary>
/// <param name="OperationId">The operation's id.</param>
/// <param name="SignerId">The signer concerned, or null.</param>
/// <param name="ActorId">Who did it.</param>
/// <param name="Stream">The stream it stands in.</param>
/// <param name="Number">Its number there, from 1.</param>
/// <param name="Json">
/// The whole entry as one JSON object, ending in <c>,"hash":"…"}</c>: the lower-case hex SHA-256 of the same text without
/// that member. See docs/ledger-format.md.
/// </param>
public sealed record LedgerEntry(
    string OperationId,
    string? SignerId,
    string ActorId,
    string Stream,
    long Number,
    string Json);

/// <summary>What an entry tells of. Written as <c>sign</c> and <c>admin</c>.</summary>
public enum EntryKind
{
    /// <summary>An attempt to sign that came to a decision.</summary>
    Sign = 1,

    /// <summary>A change to who and what may sign, or an export.</summary>
    Admin = 2,
}

/// <summary>What came of it. Written as <c>success</c>, <c>failed</c> and <c>denied</c>.</summary>
public enum EntryOutcome
{
    /// <summary>It was done.</summary>
    Success = 1,

    /// <summary>It was allowed but could not be done.</summary>
    Failed = 2,

    /// <summary>It was not allowed.</summary>
    Denied = 3,
}
