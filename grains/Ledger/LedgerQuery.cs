using CodeSigning.Ledger;

namespace CodeSigning.Grains.Ledger;

/// <summary>Asks for one page of entries, newest first (operation ids are ordered by time).</summary>
/// <param name="Kind">Only entries of this kind.</param>
/// <param name="Outcome">Only entries with this outcome.</param>
/// <param name="SignerId">Only entries of this signer.</param>
/// <param name="ActorId">Only entries of this principal.</param>
/// <param name="GrantId">Only entries under this grant.</param>
/// <param name="From">Only entries at this time or later (UTC).</param>
/// <param name="To">Only entries before this time (UTC).</param>
/// <param name="Before">Only entries whose operation id sorts before this one: the last of the page before.</param>
/// <param name="Limit">At most so many, 1 to 1000.</param>
public sealed record LedgerQuery(
    EntryKind? Kind = null,
    EntryOutcome? Outcome = null,
    string? SignerId = null,
    string? ActorId = null,
    string? GrantId = null,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    string? Before = null,
    int Limit = 25);
