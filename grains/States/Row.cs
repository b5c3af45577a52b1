using CodeSigning.Ledger;

namespace CodeSigning.Grains.States;

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
