using System.Globalization;

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

    /// <summary>Writes that form, if there is room for it.</summary>
    /// <param name="destination">Receives the form.</param>
    /// <param name="length">The characters that were written.</param>
    /// <returns>Whether there was room.</returns>
    public bool TryFormat(Span<char> destination, out int length) =>
        destination.TryWrite(CultureInfo.InvariantCulture, $"{Type}/{Id}@{Version}", out length);
}
