using CodeSigning.Gateway.Auth;
using CodeSigning.Gateway.Calls;
using CodeSigning.Gateway.Hosting;
using CodeSigning.Gateway.Limits;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace CodeSigning.Gateway.Api.Identities;

/// <summary>Logging in and out.</summary>
internal static class AuthEndpoints
{
    public static void MapAuthEndpoints(this IEndpointRouteBuilder auth)
    {
        var credentials = new RequestSizeLimitAttribute(KestrelSetup.MaxCredentials);
        auth.MapPost("/login", LogInAsync).AllowAnonymous().WithMetadata(credentials, EndpointLimits.PersonLogin).WithName("LogIn");
        auth.MapPost("/session", BeginSessionAsync).AllowAnonymous().WithMetadata(credentials, EndpointLimits.PersonLogin).WithName("BeginSession");
        auth.MapPost("/universal-auth/login", LogInWithSecretAsync).AllowAnonymous().WithMetadata(credentials, EndpointLimits.MachineLogin).WithName("LogInWithClientSecret");
        auth.MapPost("/oidc-auth/login", LogInWithOidcAsync).AllowAnonymous().WithMetadata(credentials, EndpointLimits.MachineLogin).WithName("LogInWithOidc");
        auth.MapPost("/password-reset", ResetPasswordAsync).AllowAnonymous().WithMetadata(credentials, EndpointLimits.PersonLogin).WithName("ResetPassword");
        auth.MapPost("/passkey/begin", BeginPasskey).AllowAnonymous().WithMetadata(EndpointLimits.PersonLogin).WithName("BeginPasskeySession");
        auth.MapPost("/passkey", LogInWithPasskeyAsync).AllowAnonymous().WithMetadata(credentials, EndpointLimits.PersonLogin).WithName("LogInWithPasskey");
        auth.MapPost("/step-up", StepUpAsync).WithMetadata(credentials).WithName("StepUp");
        auth.MapPost("/logout", LogOutAsync).WithMetadata(OpenUnder.Any).WithName("LogOut");
    }

    /// <summary>
    /// Logs a person in with an email address and a password, and a code where a second factor is enrolled: a right password
    /// without a code is answered with <c>SecondFactorRequired</c>.
    /// </summary>
    internal static async Task<Ok<IssuedToken>> LogInAsync(
        JsonBody<PasswordCredentials> body, PasswordLogin logins, LoginMeter meter, HttpContext http) =>
        TypedResults.Ok(await meter.CountAsync(
            LoginMethod.Password, logins.LoginAsync(body.Value, http.GetOrigin(), http.RequestAborted)));

    /// <summary>
    /// Logs a person in like <c>/auth/login</c>, for pages in a browser: the session's token is in a cookie that no script can
    /// read. A request by cookie must come from a page of this server, and a change must have the header
    /// <c>X-CodeSigning-Request</c>.
    /// </summary>
    internal static async Task<Ok<CookieSessionView>> BeginSessionAsync(
        JsonBody<PasswordCredentials> body, CookieSessions sessions, HttpContext http) =>
        TypedResults.Ok(new CookieSessionView(await sessions.BeginAsync(http, body.Value)));

    /// <summary>Gets a challenge to log in with a passkey of this server, for pages in a browser. It counts once, for five minutes.</summary>
    internal static Ok<PasskeyRequestView> BeginPasskey(PasskeyLogin logins) => TypedResults.Ok(logins.Begin());

    /// <summary>
    /// Logs a person in with a passkey alone, for pages in a browser: the session's token is in a cookie. The authenticator must
    /// have verified the person.
    /// </summary>
    internal static async Task<Ok<CookieSessionView>> LogInWithPasskeyAsync(
        JsonBody<PasskeyAssertion> body, PasskeyLogin logins, LoginMeter meter, HttpContext http)
    {
        SessionCookie.RequirePrivateConnection(http);
        SessionCookie.RequireOwnPage(http.Request);
        var token = await meter.CountAsync(
            LoginMethod.Passkey, logins.LoginAsync(body.Value, http.GetOrigin(), http.RequestAborted));
        SessionCookie.Set(http, token.AccessToken, TimeSpan.FromSeconds(token.ExpiresIn));
        return TypedResults.Ok(new CookieSessionView(token.ExpiresIn));
    }

    /// <summary>Logs a machine identity in with a client secret.</summary>
    internal static async Task<Ok<IssuedToken>> LogInWithSecretAsync(
        JsonBody<ClientCredentials> body, SecretLogin logins, LoginMeter meter, HttpContext http) =>
        TypedResults.Ok(await meter.CountAsync(
            LoginMethod.ClientSecret, logins.LoginAsync(body.Value.Trimmed(), http.GetOrigin(), http.RequestAborted)));

    /// <summary>
    /// Logs a machine identity in with an OIDC token of its CI system; issuer, audience, subject and claims must match
    /// the identity's binding.
    /// </summary>
    internal static async Task<Ok<IssuedToken>> LogInWithOidcAsync(
        JsonBody<OidcCredentials> body, OidcLogin logins, LoginMeter meter, HttpContext http) =>
        TypedResults.Ok(await meter.CountAsync(
            LoginMethod.Oidc, logins.LoginAsync(body.Value.Trimmed(), http.GetOrigin(), http.RequestAborted)));

    /// <summary>Sets a password with the link of an invitation or a reset, which can be used once.</summary>
    internal static async Task<NoContent> ResetPasswordAsync(
        JsonBody<RedeemPasswordReset> body, Invitations invitations, HttpContext http)
    {
        await invitations.RedeemAsync(body.Value, http.GetOrigin().Address, http.RequestAborted);
        return TypedResults.NoContent();
    }

    /// <summary>Proves the second factor again in the session of this request. A session by cookie gets a new cookie.</summary>
    internal static async Task<Ok<SessionView>> StepUpAsync(JsonBody<StepUp> body, CookieSessions sessions, HttpContext http) =>
        TypedResults.Ok(await sessions.StepUpAsync(http, body.Value));

    /// <summary>Ends the session of this request; its token becomes invalid immediately.</summary>
    internal static async Task<NoContent> LogOutAsync(HttpContext http, CookieSessions sessions)
    {
        await sessions.EndAsync(http);
        return TypedResults.NoContent();
    }
}
