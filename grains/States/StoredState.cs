namespace CodeSigning.Grains.States;

/// <summary>A state as it was read: its seal was checked.</summary>
/// <param name="Type">The kind of state.</param>
/// <param name="Id">The state's id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Content">The state as UTF-8 JSON.</param>
public sealed record StoredState(string Type, string Id, long Version, ReadOnlyMemory<byte> Content);
