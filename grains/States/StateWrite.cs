namespace CodeSigning.Grains.States;

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
