using System.Collections.Immutable;

namespace CodeSigning.Grains.States;

/// <summary>
/// What lists of a kind of state can be filtered by. It is derived from the content whenever that is written, in the
/// same row, so lists cannot drift from the states. Decisions read the content, which is sealed, and never this: a row
/// that somebody hid from a list must not give anybody a right.
/// </summary>
/// <param name="Name">A name that no other state of the kind may bear at the same time, or null.</param>
/// <param name="Parent">The id of what it belongs to: a grant's signer, a secret's identity.</param>
/// <param name="Status">A word of the state's own, such as <c>active</c>.</param>
/// <param name="Until">When it ends by itself (UTC), for sweeping and for sorting by expiry.</param>
/// <param name="Links">Who it concerns, as <c>user:usr_…</c>, <c>identity:idn_…</c>, <c>group:grp_…</c>.</param>
public sealed record StateIndex(
    string? Name = null,
    string? Parent = null,
    string? Status = null,
    DateTimeOffset? Until = null,
    ImmutableArray<string> Links = default)
{
    /// <summary>An index by nothing but the id.</summary>
    public static StateIndex None { get; } = new();
}
