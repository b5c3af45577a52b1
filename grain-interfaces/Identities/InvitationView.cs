namespace CodeSigning.Identities;

/// <summary>An invitation: a link by which the person chooses a password, once.</summary>
/// <param name="ExpiresAt">When the link expires (UTC).</param>
/// <param name="IsMailed">Whether it was mailed to the person.</param>
/// <param name="Link">The link, where it was not mailed; only in the response to the creation.</param>
public sealed record InvitationView(DateTimeOffset ExpiresAt, bool IsMailed, string? Link)
{
    /// <summary>Without the link, so that no log can show it.</summary>
    public override string ToString() => $"{nameof(InvitationView)} {{ ExpiresAt = {ExpiresAt} }}";
}
