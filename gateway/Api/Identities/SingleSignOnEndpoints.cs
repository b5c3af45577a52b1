using System.Text;
using CodeSigning.Errors;
using CodeSigning.Gateway.Auth;
using CodeSigning.Gateway.Auth.SingleSignOn;
using CodeSigning.Gateway.Hosting;
using CodeSigning.Gateway.Json;
using CodeSigning.Gateway.Limits;
using CodeSigning.Gateway.Settings;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;

namespace CodeSigning.Gateway.Api.Identities;

/// <summary>Signing in at the organisation's identity provider, by a browser.</summary>
internal static class SingleSignOnEndpoints
{
    public static void MapSingleSignOnEndpoints(this IEndpointRouteBuilder auth)
    {
        auth.MapGet("/sign-in-methods", GetMethods).AllowAnonymous().WithName("GetSignInMethods");
        auth.MapGet("/sso", BeginAsync).AllowAnonymous().WithMetadata(EndpointLimits.PersonLogin).WithName("BeginSingleSignOn");
        auth.MapGet("/sso/callback", EndAsync).AllowAnonymous().WithMetadata(EndpointLimits.PersonLogin).WithName("EndSingleSignOn");
        auth.MapPost("/sso/back-channel-logout", LogOutAsync).AllowAnonymous()
            .WithMetadata(new RequestSizeLimitAttribute(KestrelSetup.MaxCredentials), EndpointLimits.MachineLogin)
            .WithName("BackChannelLogout");
    }

    /// <summary>Gets how people can sign in here.</summary>
    internal static Ok<SignInMethodsView> GetMethods(GatewaySettings settings, IOptions<SignInOptions> options) => TypedResults.Ok(
        new SignInMethodsView(
            options.Value.BreakGlass is null,
            settings.SingleSignOn is { } provider ? new SingleSignOnView(provider.Name, SingleSignOnPaths.Begin) : null));

    /// <summary>Leads the browser to the identity provider, and from there to a page of this server.</summary>
    internal static async Task BeginAsync(string? next, bool? fresh, HttpContext http, GatewaySettings settings, TimeProvider time)
    {
        if (settings.SingleSignOn is null)
        {
            throw SingleSignOnRefusals.NotSetUp();
        }

        SessionCookie.RequirePrivateConnection(http);
        var properties = ProviderEvents.Begin(LocalPath.Validate(next), fresh ?? false, time.GetUtcNow());
        try
        {
            await http.ChallengeAsync(SingleSignOnServices.Scheme, properties);
        }
        catch (Exception away) when (away is InvalidOperationException or HttpRequestException or IOException)
        {
            // The configuration manager wraps whatever kept it from reading the discovery document.
            await SignInPage.RefuseAsync(http, SignInFaults.Unavailable());
        }
    }

    /// <summary>Where the identity provider sends the browser back to. Where there is one, the authentication has answered already.</summary>
    internal static Task EndAsync() => throw SingleSignOnRefusals.NotSetUp();

    /// <summary>Ends sessions at the identity provider's word.</summary>
    internal static async Task<Ok> LogOutAsync(
        HttpContext http, GatewaySettings settings, LogoutTokens tokens, BackChannelLogout logouts)
    {
        if (settings.SingleSignOn is null)
        {
            throw SingleSignOnRefusals.NotSetUp();
        }

        var body = http.Request.HasFormContentType ? await RequestBody.ReadAsync(http) : default;
        if (QueryHelpers.ParseQuery(Encoding.ASCII.GetString(body.Span)).GetValueOrDefault("logout_token") is not [{ Length: > 0 } token])
        {
            throw new RefusedException(ErrorCode.InvalidRequest, "The form field 'logout_token' is missing: expected one, form-urlencoded.");
        }

        await logouts.EndAsync(await tokens.VerifyAsync(token, http.RequestAborted), http.GetOrigin().Address, http.RequestAborted);
        return TypedResults.Ok();
    }
}
