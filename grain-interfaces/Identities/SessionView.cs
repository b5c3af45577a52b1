namespace CodeSigning.Identities;

/// <summary>A place where the caller is signed in.</summary>
/// <param name="Id">The id, <c>ses_…</c>; it is no secret.</param>
/// <param name="CreatedAt">When it began (UTC).</param>
/// <param name="ExpiresAt">When it ends (UTC).</param>
/// <param name="IsCurrent">Whether it is the session of this very request.</param>
/// <param name="Address">The address that it was begun from.</param>
/// <param name="UserAgent">What the client said it was.</param>
/// <param name="ClientSecretId">The client secret that it was begun with.</param>
/// <param name="Subject">The subject of the CI's token that it was begun with.</param>
public sealed record SessionView(
    string Id,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt,
    bool IsCurrent,
    string? Address,
    string? UserAgent,
    string? ClientSecretId,
    string? Subject);

/// <summary>The answer to a login.</summary>
/// <param name="AccessToken">The token, to be sent as <c>Authorization: Bearer</c>.</param>
/// <param name="ExpiresIn">How long it lasts, in seconds.</param>
/// <param name="TokenType">Always <c>Bearer</c> (RFC 6750).</param>
public sealed record IssuedToken(string AccessToken, long ExpiresIn, string TokenType = "Bearer")
{
    /// <summary>Without the token, so that no log can show it.</summary>
    public override string ToString() => $"{nameof(IssuedToken)} {{ ExpiresIn = {ExpiresIn} }}";
}
