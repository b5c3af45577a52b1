
namespace CodeSigning.Grains.States;

/// <summary>
/// The use count of a grant or a client secret: a sealed row under the same id, created with it and updated by the
/// ledger's writer with each use. A missing row means that it was deleted outside the service.
/// </summary>
/// <param name="Count">The number of uses.</param>
/// <param name="LastEntry">
/// The hash of the ledger entry of the last use (lower-case hex); null before the first use and for uses without
/// entries (client secrets).
/// </param>
public sealed record UseCountState(long Count, string? LastEntry = null) : IIndexedState
{
    /// <summary>The write that creates a count of zero.</summary>
    /// <param name="id">The id of the grant or the client secret.</param>
    public static StateWrite Begin(string id) => StateWrite.New(StateTypes.UseCount, id, new UseCountState(0));

    /// <inheritdoc/>
    public StateIndex ToIndex() => StateIndex.None;
}
