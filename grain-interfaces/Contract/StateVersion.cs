namespace CodeSigning.Contract;

/// <summary>
/// One version of one stored state: an item of a decision's read set, or the version that a write replaces.
/// </summary>
/// <param name="Type">The kind of state, such as <c>signer</c>.</param>
/// <param name="Id">The state's id.</param>
/// <param name="Version">
/// The version: 1 for a new state, incremented by each write; 0 for a state that does not exist.
/// </param>
[GenerateSerializer, Immutable, Alias("codesigning.StateVersion")]
public readonly record struct StateVersion(
    [property: Id(0)] string Type, [property: Id(1)] string Id, [property: Id(2)] long Version)
{
    /// <summary>The form used in ledger entries: <c>type/id@version</c>.</summary>
    public override string ToString() => $"{Type}/{Id}@{Version}";
}
