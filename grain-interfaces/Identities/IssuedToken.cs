namespace CodeSigning.Identities;

/// <summary>The answer to a login.</summary>
/// <param name="AccessToken">The token, to be sent as <c>Authorization: Bearer</c>.</param>
/// <param name="ExpiresIn">How long it lasts, in seconds.</param>
/// <param name="TokenType">Always <c>Bearer</c> (RFC 6750).</param>
public sealed record IssuedToken(string AccessToken, long ExpiresIn, string TokenType = "Bearer")
{
    /// <summary>Without the token, so that no log can show it.</summary>
    public override string ToString() => $"{nameof(IssuedToken)} {{ ExpiresIn = {ExpiresIn} }}";
}
