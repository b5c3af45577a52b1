using System.Collections.Immutable;
using CodeSigning.Contract;

namespace CodeSigning.Grains.States;

/// <summary>A state as it was read: its seal was checked.</summary>
/// <param name="Type">The kind of state.</param>
/// <param name="Id">The state's id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Content">The state as UTF-8 JSON.</param>
public sealed record StoredState(string Type, string Id, long Version, ReadOnlyMemory<byte> Content)
{
    /// <summary>
    /// The columns that a list found it by, which no seal covers; null where it was read by its id. Reading the content
    /// compares the two (<see cref="StateJson.ReadAs"/>).
    /// </summary>
    public StateColumns? Columns { get; init; }
}

/// <summary>The columns beside a state's content, as they stand in the store.</summary>
/// <param name="Name">See <see cref="StateIndex.Name"/>.</param>
/// <param name="Parent">See <see cref="StateIndex.Parent"/>.</param>
/// <param name="Status">See <see cref="StateIndex.Status"/>.</param>
/// <param name="UntilMs">See <see cref="StateIndex.Until"/>; milliseconds since 1970 (UTC).</param>
public sealed record StateColumns(string? Name, string? Parent, string? Status, long? UntilMs)
{
    /// <summary>The columns that belong to an index.</summary>
    public static StateColumns Of(StateIndex index) =>
        new(index.Name, index.Parent, index.Status, index.Until?.ToUnixTimeMilliseconds());
}

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

/// <summary>A grain's state that says what lists may filter it by.</summary>
public interface IIndexedState
{
    /// <summary>
    /// Derives the index from the content: at each write, and again when a list finds the row, since a row whose columns
    /// say something else is refused. So whoever changes what is derived also writes the stored rows anew.
    /// </summary>
    StateIndex ToIndex();
}

/// <summary>A state as it stood in the store when it was read, its seal checked. What is decided from it names its version.</summary>
/// <param name="Type">The kind of state.</param>
/// <param name="Id">The state's id.</param>
/// <param name="Version">Its version, from 1.</param>
/// <param name="State">The state.</param>
public sealed record Row<TState>(string Type, string Id, long Version, TState State)
    where TState : class, IIndexedState
{
    /// <summary>The version for a read set.</summary>
    public StateVersion ToVersion() => new(Type, Id, Version);

    /// <summary>The write that puts another state in its place; the commit refuses it where the version has changed.</summary>
    public StateWrite Replace(TState next) => new(Type, Id, Version, StateJson.Write(next), next.ToIndex());

    /// <summary>The write that deletes it; the commit refuses it where the version has changed.</summary>
    public StateWrite Remove() => new(Type, Id, Version, null, StateIndex.None);
}

/// <summary>A state as it shall be, and the version that it replaces.</summary>
/// <param name="Type">The kind of state.</param>
/// <param name="Id">The state's id.</param>
/// <param name="ExpectedVersion">The version that is replaced; 0 where the state must not exist yet.</param>
/// <param name="Content">The new state as UTF-8 JSON; null deletes the row.</param>
/// <param name="Index">What lists filter by; <see cref="StateIndex.None"/> for a deletion.</param>
public sealed record StateWrite(string Type, string Id, long ExpectedVersion, ReadOnlyMemory<byte>? Content, StateIndex Index)
{
    /// <summary>The write of a state that must not exist yet.</summary>
    public static StateWrite New<TState>(string type, string id, TState state)
        where TState : IIndexedState =>
        new(type, id, 0, StateJson.Write(state), state.ToIndex());
}

/// <summary>A stored row, or what must stand beside it, is not as this cluster left it: somebody wrote to the database.</summary>
[GenerateSerializer, Alias("codesigning.StateTampered")]
public sealed class StateTamperedException : Exception
{
    /// <summary>Names the row.</summary>
    public StateTamperedException(string type, string id)
        : base($"The stored {type} '{id}' was changed outside the service: its seal, or a column beside it, does not fit it. Restore it from a backup.") =>
        StateId = id;

    /// <summary>For serializers.</summary>
    public StateTamperedException()
    {
    }

    /// <summary>For serializers.</summary>
    public StateTamperedException(string message)
        : base(message)
    {
    }

    /// <summary>For serializers.</summary>
    public StateTamperedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The row's id; null where the exception names no row.</summary>
    [Id(0)]
    public string? StateId { get; init; }
}
