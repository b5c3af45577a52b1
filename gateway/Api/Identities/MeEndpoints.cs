using CodeSigning.Contract;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Administration;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CodeSigning.Gateway.Api.Identities;

/// <summary>The caller's own identity, sessions and password.</summary>
internal static class MeEndpoints
{
    public static void MapMeEndpoints(this IEndpointRouteBuilder me)
    {
        me.MapGet("/", GetAsync).WithName("GetMe");
        me.MapPut("/password", ChangePasswordAsync).WithName("ChangePassword");
        me.MapGet("/sessions", ListSessionsAsync).WithName("ListSessions");
        me.MapDelete("/sessions", EndSessionsAsync).WithName("EndSessions");
        me.MapDelete("/sessions/{sessionId}", EndSessionAsync).WithName("EndSession");
    }

    /// <summary>Gets the caller's identity and current session.</summary>
    internal static async Task<Ok<MeView>> GetAsync(ApiCall call, OwnSessions sessions) =>
        TypedResults.Ok(await call.AskAsync(caller => sessions.DescribeAsync(caller, call.Aborted)));

    /// <summary>Changes the caller's password; its other sessions end.</summary>
    internal static async Task<NoContent> ChangePasswordAsync(
        JsonBody<ChangePassword> body, ApiCall call, UserService users)
    {
        await call.AskAsync(caller => users.ChangePasswordAsync(caller, body.Value, call.Aborted));
        return TypedResults.NoContent();
    }

    /// <summary>Lists the caller's sessions.</summary>
    internal static async Task<Ok<Page<SessionView>>> ListSessionsAsync(
        [AsParameters] PageQuery page, ApiCall call, OwnSessions sessions) =>
        TypedResults.Ok(await call.AskAsync(caller => sessions.ListAsync(caller, page.GetLimit(), page.GetBefore(IdPrefixes.Session), call.Aborted)));

    /// <summary>Ends all sessions of the caller, including the current one.</summary>
    internal static async Task<NoContent> EndSessionsAsync(ApiCall call, OwnSessions sessions)
    {
        await call.AskAsync(caller => sessions.EndAllAsync(caller, call.Aborted));
        return TypedResults.NoContent();
    }

    /// <summary>Ends a session of the caller.</summary>
    internal static async Task<NoContent> EndSessionAsync(string sessionId, ApiCall call, OwnSessions sessions)
    {
        PathId.Validate(IdPrefixes.Session, sessionId);
        await call.AskAsync(caller => sessions.EndAsync(caller, sessionId, call.Aborted));
        return TypedResults.NoContent();
    }
}
