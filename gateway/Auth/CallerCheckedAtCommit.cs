namespace CodeSigning.Gateway.Auth;

/// <summary>
/// Marks endpoints whose answer is committed with the caller's versions, such as signing: the commit refuses a caller
/// that was disabled meanwhile, on whichever node, so that looking the versions up before would be for nothing.
/// </summary>
internal sealed class CallerCheckedAtCommit
{
    /// <summary>The mark.</summary>
    public static CallerCheckedAtCommit Mark { get; } = new();
}
