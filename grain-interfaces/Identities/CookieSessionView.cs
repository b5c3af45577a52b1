namespace CodeSigning.Identities;

/// <summary>The answer to a login by cookie: the token is in the cookie alone.</summary>
/// <param name="ExpiresIn">The session's lifetime in seconds.</param>
public sealed record CookieSessionView(long ExpiresIn);
