namespace CodeSigning.Contract;

/// <summary>Names one version of one stored state: what a decision rested on, or what a write replaces.</summary>
/// <param name="Type">The kind of state, such as <c>signer</c>.</param>
/// <param name="Id">The state's id.</param>
/// <param name="Version">The ETag: 1 for a state just made, one more with each write; 0 for a state that is not there.</param>
[GenerateSerializer, Immutable, Alias("codesigning.StateVersion")]
public readonly record struct StateVersion(
    [property: Id(0)] string Type, [property: Id(1)] string Id, [property: Id(2)] long Version)
{
    /// <summary>The form in which an entry names it: <c>type/id@version</c>.</summary>
    public override string ToString() => $"{Type}/{Id}@{Version}";
}
