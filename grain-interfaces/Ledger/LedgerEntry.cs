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
