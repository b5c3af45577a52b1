using CodeSigning.Errors;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Calls;

/// <summary>Finds out who asks.</summary>
internal interface ICallerAuthentication
{
    /// <summary>The caller whose token the request bears, and what that rests on.</summary>
    /// <param name="context">The request.</param>
    /// <param name="fresh">Whether to look at the store even where the token was validated a moment ago.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="RefusedException"><c>Unauthenticated</c>: there is no valid token.</exception>
    ValueTask<Caller> AuthenticateAsync(HttpContext context, bool fresh, CancellationToken cancellationToken);
}
