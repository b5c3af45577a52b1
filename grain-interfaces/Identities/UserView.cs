namespace CodeSigning.Identities;

/// <summary>A person. Callers other than product administrators and the person see id and name only.</summary>
/// <param name="Id">The id, <c>usr_…</c>.</param>
/// <param name="Name">The name that others see.</param>
/// <param name="Email">The address to sign in with; of people of the identity provider, its verified one, if no other person has it.</param>
/// <param name="ProductRole">The role in the product.</param>
/// <param name="Status">Whether the person is active or disabled.</param>
/// <param name="CreatedAt">When it was created (UTC).</param>
/// <param name="LastLoginAt">The last login (UTC); updated with a delay of seconds.</param>
/// <param name="HasSecondFactor">Whether a second factor is enrolled.</param>
/// <param name="Invitation">The invitation of a person who was created without a password; in that response only.</param>
/// <param name="IsExternal">Whether the person came in by single sign-on and signs in at the identity provider.</param>
public sealed record UserView(
    string Id,
    string Name,
    string? Email = null,
    ProductRole? ProductRole = null,
    PrincipalStatus? Status = null,
    DateTimeOffset? CreatedAt = null,
    DateTimeOffset? LastLoginAt = null,
    bool? HasSecondFactor = null,
    InvitationView? Invitation = null,
    bool? IsExternal = null);

/// <summary>The caller's own identity.</summary>
/// <param name="Kind">A person or a machine identity.</param>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="ProductRole">Its role in the product.</param>
/// <param name="Groups">The groups that it is in.</param>
/// <param name="Session">The session of this request.</param>
/// <param name="Obligation">What must be done before anything else; absent for nothing.</param>
public sealed record MeView(
    PrincipalKind Kind,
    string Id,
    string Name,
    ProductRole ProductRole,
    IReadOnlyList<GroupView> Groups,
    SessionView Session,
    CallerObligation? Obligation = null);

/// <summary>An invitation: a link by which the person chooses a password, once.</summary>
/// <param name="ExpiresAt">When the link expires (UTC).</param>
/// <param name="IsMailed">Whether it was mailed to the person.</param>
/// <param name="Link">The link, where it was not mailed; only in the response to the creation.</param>
public sealed record InvitationView(DateTimeOffset ExpiresAt, bool IsMailed, string? Link)
{
    /// <summary>Without the link, so that no log can show it.</summary>
    public override string ToString() => $"{nameof(InvitationView)} {{ ExpiresAt = {ExpiresAt} }}";
}
