
namespace CodeSigning.Grains.States;

/// <summary>
/// How often something was used that may be used only so often: a grant, a client secret. A sealed row of its own under the
/// id of what is counted, made with it and written by the ledger's writer with each use. Where there is none, somebody
/// deleted it.
/// </summary>
/// <param name="Count">How often.</param>
/// <param name="LastEntry">
/// The hash of the ledger entry that took the last use (lower-case hex); null before the first use, and where uses have no
/// entries (a client secret's).
/// </param>
public sealed record UseCountState(long Count, string? LastEntry = null) : IIndexedState
{
    /// <summary>The write that begins to count.</summary>
    /// <param name="id">The id of what is counted.</param>
    public static StateWrite Begin(string id) => StateWrite.New(StateTypes.UseCount, id, new UseCountState(0));

    /// <inheritdoc/>
    public StateIndex ToIndex() => StateIndex.None;
}
