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
