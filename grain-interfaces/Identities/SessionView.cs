using System.Collections.Immutable;

namespace CodeSigning.Identities;

/// <summary>A session of the caller.</summary>
/// <param name="Id">The id, <c>ses_…</c>; not secret.</param>
/// <param name="CreatedAt">When it began (UTC).</param>
/// <param name="ExpiresAt">When it ends (UTC).</param>
/// <param name="IsCurrent">Whether it is the session of this request.</param>
/// <param name="Address">The client's address at login.</param>
/// <param name="UserAgent">The client's <c>User-Agent</c> at login.</param>
/// <param name="ClientSecretId">The client secret used at login.</param>
/// <param name="Subject">The subject of the OpenID Connect token used at login.</param>
/// <param name="Methods">What the caller proved who it is by.</param>
/// <param name="SecondFactorAt">When a second factor was last proved in it (UTC).</param>
/// <param name="Client">The command-line client that was let in by a code; absent for other sessions.</param>
public sealed record SessionView(
    string Id,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt,
    bool IsCurrent,
    string? Address,
    string? UserAgent,
    string? ClientSecretId,
    string? Subject,
    ImmutableArray<AuthenticationMethod> Methods,
    DateTimeOffset? SecondFactorAt,
    string? Client = null);

/// <summary>The answer to a login.</summary>
/// <param name="AccessToken">The token, to be sent as <c>Authorization: Bearer</c>.</param>
/// <param name="ExpiresIn">Its lifetime in seconds.</param>
/// <param name="TokenType">Always <c>Bearer</c> (RFC 6750).</param>
public sealed record IssuedToken(string AccessToken, long ExpiresIn, string TokenType = "Bearer")
{
    /// <summary>Without the token, so that no log can show it.</summary>
    public override string ToString() => $"{nameof(IssuedToken)} {{ ExpiresIn = {ExpiresIn} }}";
}

/// <summary>The answer to a login by cookie: the token is in the cookie alone.</summary>
/// <param name="ExpiresIn">The session's lifetime in seconds.</param>
public sealed record CookieSessionView(long ExpiresIn);

/// <summary>How people can sign in.</summary>
/// <param name="LocalAccounts">Whether people sign in with a password or a passkey of this server; where not, only the break-glass administrator does.</param>
/// <param name="SingleSignOn">The identity provider; absent without one.</param>
public sealed record SignInMethodsView(bool LocalAccounts, SingleSignOnView? SingleSignOn);

/// <summary>The identity provider that people sign in at.</summary>
/// <param name="Name">What to call it.</param>
/// <param name="Path">Where the sign-in begins; <c>?next=</c> says which page of this server it leads to.</param>
public sealed record SingleSignOnView(string Name, string Path);
