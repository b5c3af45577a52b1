using CodeSigning.Gateway.Auth;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Calls;

/// <summary>Begins, renews and ends sessions by cookie, for the API and the pages alike.</summary>
/// <remarks>Every method refuses with <see cref="CodeSigning.Errors.RefusedException"/>.</remarks>
internal sealed class CookieSessions(PasswordLogin logins, LoginMeter meter, OwnFactors factors, OwnSessions sessions, TimeProvider time)
{
    /// <summary>Logs a person in; the session's token is in the cookie alone.</summary>
    /// <returns>The session's lifetime in seconds.</returns>
    public async Task<long> BeginAsync(HttpContext http, PasswordCredentials credentials)
    {
        SessionCookie.RequirePrivateConnection(http);
        SessionCookie.RequireOwnPage(http.Request);
        var token = await meter.CountAsync(
            LoginMethod.Password, logins.LoginAsync(credentials, http.GetOrigin(), http.RequestAborted));
        SessionCookie.Set(http, token.AccessToken, TimeSpan.FromSeconds(token.ExpiresIn));
        return token.ExpiresIn;
    }

    /// <summary>Proves the second factor again. A session by cookie gets a new cookie.</summary>
    public async Task<SessionView> StepUpAsync(HttpContext http, StepUp request)
    {
        var call = new ApiCall(http);
        var isByCookie = SessionCookie.IsUsedBy(http.Request);
        var stepped = await call.AskAsync(caller => factors.StepUpAsync(caller, request, isByCookie, call.Aborted));
        if (stepped.NewToken is { } token)
        {
            SessionCookie.Set(http, token, stepped.Session.ExpiresAt - time.GetUtcNow());
        }

        return stepped.Session;
    }

    /// <summary>Ends the session of this request; its token becomes invalid immediately.</summary>
    public async Task EndAsync(HttpContext http)
    {
        var caller = http.GetCaller();
        await sessions.EndAsync(caller, caller.SessionId!, http.RequestAborted);
        if (SessionCookie.IsUsedBy(http.Request))
        {
            SessionCookie.Remove(http);
        }
    }
}
