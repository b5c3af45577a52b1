namespace CodeSigning.Ledger;

/// <summary>An entry as it stands in the ledger.</summary>
/// <param name="OperationId">The operation's id.</param>
/// <param name="SignerId">The signer concerned; null if there is none.</param>
/// <param name="ActorId">The id of the principal that acted.</param>
/// <param name="Stream">The stream that contains it.</param>
/// <param name="Number">Its number in the stream, from 1.</param>
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

/// <summary>The kind of an entry. Written as <c>sign</c> and <c>admin</c>.</summary>
public enum EntryKind
{
    /// <summary>An attempt to sign that was decided.</summary>
    Sign = 1,

    /// <summary>An administrative change, or an export.</summary>
    Admin = 2,
}

/// <summary>The outcome of an entry. Written as <c>success</c>, <c>failed</c> and <c>denied</c>.</summary>
public enum EntryOutcome
{
    /// <summary>Done.</summary>
    Success = 1,

    /// <summary>Allowed, but failed by a fault.</summary>
    Failed = 2,

    /// <summary>Denied by policy.</summary>
    Denied = 3,
}
