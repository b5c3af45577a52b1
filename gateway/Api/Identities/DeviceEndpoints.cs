using CodeSigning.Gateway.Auth;
using CodeSigning.Gateway.Calls;
using CodeSigning.Gateway.Hosting;
using CodeSigning.Gateway.Limits;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace CodeSigning.Gateway.Api.Identities;

/// <summary>Signing in on a command-line client by a code that is confirmed in a browser (RFC 8628, RFC 8252).</summary>
internal static class DeviceEndpoints
{
    public static void MapDeviceEndpoints(this IEndpointRouteBuilder device)
    {
        var credentials = new RequestSizeLimitAttribute(KestrelSetup.MaxCredentials);
        device.MapPost("/", BeginAsync).AllowAnonymous().WithMetadata(credentials, EndpointLimits.PersonLogin).WithName("BeginDeviceLogin");
        device.MapPost("/token", RedeemAsync).AllowAnonymous().WithMetadata(credentials, EndpointLimits.PersonLogin).WithName("RedeemDeviceLogin");
        device.MapGet("/{userCode}", GetAsync).WithName("GetDeviceLogin");
        device.MapPost("/{userCode}/approve", ApproveAsync).WithName("ApproveDeviceLogin");
        device.MapPost("/{userCode}/deny", DenyAsync).WithName("DenyDeviceLogin");
    }

    /// <summary>Begins a sign-in of a command-line client, which its person confirms in a browser within ten minutes.</summary>
    internal static async Task<Ok<DeviceLoginBegun>> BeginAsync(JsonBody<BeginDeviceLogin> body, DeviceLogins logins, HttpContext http) =>
        TypedResults.Ok(await logins.BeginAsync(body.Value, http.GetOrigin(), http.RequestAborted));

    /// <summary>
    /// Gets the client's token, once. Until the person has decided the answer is 409, with <c>error</c> as in RFC 8628, section
    /// 3.5.
    /// </summary>
    internal static async Task<Ok<IssuedToken>> RedeemAsync(
        JsonBody<RedeemDeviceLogin> body, DeviceLogins logins, LoginMeter meter, HttpContext http) =>
        TypedResults.Ok(await meter.CountAsync(
            LoginMethod.Device, logins.RedeemAsync(body.Value, http.GetOrigin(), http.RequestAborted)));

    /// <summary>Gets which client asks to sign in as the caller, and from where.</summary>
    internal static async Task<Ok<DeviceLoginView>> GetAsync(string userCode, ApiCall call, DeviceLogins logins) =>
        TypedResults.Ok(await call.AskAsync(caller => logins.GetAsync(caller, userCode, call.Aborted)));

    /// <summary>Lets a client sign in as the caller. Only to be called for what the caller began themselves.</summary>
    internal static async Task<Ok<DeviceLoginApproved>> ApproveAsync(string userCode, ApiCall call, DeviceLogins logins) =>
        TypedResults.Ok(await call.AskAsync(caller => logins.ApproveAsync(caller, userCode, call.Aborted)));

    /// <summary>Keeps a client out.</summary>
    internal static async Task<NoContent> DenyAsync(string userCode, ApiCall call, DeviceLogins logins)
    {
        await call.AskAsync(caller => logins.DenyAsync(caller, userCode, call.Aborted));
        return TypedResults.NoContent();
    }
}
