using System.Collections.Immutable;
using CodeSigning.Contract;

namespace CodeSigning.Grains.States;

/// <summary>A state as read from the store; its seal was verified.</summary>
/// <param name="Type">The state's type.</param>
/// <param name="Id">The state's id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Content">The state as UTF-8 JSON.</param>
public sealed record StoredState(string Type, string Id, long Version, ReadOnlyMemory<byte> Content)
{
    /// <summary>
    /// The unsealed index columns of a row found by a list; null for a row read by id. Reading the content compares the
    /// two (<see cref="StateJson.ReadAs"/>).
    /// </summary>
    public StateColumns? Columns { get; init; }
}

/// <summary>The stored index columns of a state.</summary>
/// <param name="Name">See <see cref="StateIndex.Name"/>.</param>
/// <param name="Parent">See <see cref="StateIndex.Parent"/>.</param>
/// <param name="Status">See <see cref="StateIndex.Status"/>.</param>
/// <param name="UntilMs">See <see cref="StateIndex.Until"/>; milliseconds since 1970 (UTC).</param>
public sealed record StateColumns(string? Name, string? Parent, string? Status, long? UntilMs)
{
    /// <summary>The columns of an index.</summary>
    public static StateColumns Of(StateIndex index) =>
        new(index.Name, index.Parent, index.Status, index.Until?.ToUnixTimeMilliseconds());
}

/// <summary>
/// The fields that lists of a state type can be filtered by. It is derived from the content at each write, in the same
/// row, so lists cannot drift from states. Decisions read only the sealed content: a row hidden from a list must not
/// give a right.
/// </summary>
/// <param name="Name">A name that is unique within the type, or null.</param>
/// <param name="Parent">The id of its parent: a grant's signer, a secret's identity.</param>
/// <param name="Status">The status, such as <c>active</c>.</param>
/// <param name="Until">Its expiry (UTC), for sweeping and for sorting.</param>
/// <param name="Links">The principals it concerns, as <c>user:usr_…</c>, <c>identity:idn_…</c>, <c>group:grp_…</c>.</param>
public sealed record StateIndex(
    string? Name = null,
    string? Parent = null,
    string? Status = null,
    DateTimeOffset? Until = null,
    ImmutableArray<string> Links = default)
{
    /// <summary>No index columns.</summary>
    public static StateIndex None { get; } = new();
}

/// <summary>A state that defines its index columns.</summary>
public interface IIndexedState
{
    /// <summary>
    /// Derives the index from the content: at each write, and again when a list finds the row, since a row with
    /// different columns is refused. A change of the derivation therefore requires rewriting the stored rows.
    /// </summary>
    StateIndex ToIndex();
}

/// <summary>A deserialized row whose seal was verified. Decisions include its version in their read set.</summary>
/// <param name="Type">The state's type.</param>
/// <param name="Id">The state's id.</param>
/// <param name="Version">Its version, from 1.</param>
/// <param name="State">The state.</param>
public sealed record Row<TState>(string Type, string Id, long Version, TState State)
    where TState : class, IIndexedState
{
    /// <summary>The version for a read set.</summary>
    public StateVersion ToVersion() => new(Type, Id, Version);

    /// <summary>The write that replaces the state; the commit refuses it if the version is stale.</summary>
    public StateWrite Replace(TState next) => new(Type, Id, Version, StateJson.Write(next), next.ToIndex());

    /// <summary>The write that deletes the row; the commit refuses it if the version is stale.</summary>
    public StateWrite Remove() => new(Type, Id, Version, null, StateIndex.None);
}

/// <summary>A new state and the version that it replaces.</summary>
/// <param name="Type">The state's type.</param>
/// <param name="Id">The state's id.</param>
/// <param name="ExpectedVersion">The replaced version; 0 if the state must not exist yet.</param>
/// <param name="Content">The new state as UTF-8 JSON; null deletes the row.</param>
/// <param name="Index">The index columns; <see cref="StateIndex.None"/> for a deletion.</param>
public sealed record StateWrite(string Type, string Id, long ExpectedVersion, ReadOnlyMemory<byte>? Content, StateIndex Index)
{
    /// <summary>The write of a state that must not exist yet.</summary>
    public static StateWrite New<TState>(string type, string id, TState state)
        where TState : IIndexedState =>
        new(type, id, 0, StateJson.Write(state), state.ToIndex());
}

/// <summary>A stored row was changed or deleted outside the service.</summary>
[GenerateSerializer, Alias("codesigning.StateTampered")]
public sealed class StateTamperedException : Exception
{
    /// <summary>Creates the exception for a row.</summary>
    public StateTamperedException(string type, string id)
        : base($"The stored {type} '{id}' was changed outside the service: its seal or its index columns do not match. Restore it from a backup.") =>
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

    /// <summary>The row's id; null if unknown.</summary>
    [Id(0)]
    public string? StateId { get; init; }
}
