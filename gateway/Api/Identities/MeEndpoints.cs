using CodeSigning.Contract;
using CodeSigning.Gateway.Auth;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Administration;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CodeSigning.Gateway.Api.Identities;

/// <summary>The caller's own identity, sessions, password and second factors.</summary>
internal static class MeEndpoints
{
    public static void MapMeEndpoints(this IEndpointRouteBuilder me)
    {
        var enrolment = new OpenUnder(CallerObligation.EnrolSecondFactor);
        me.MapGet("/", GetAsync).WithMetadata(OpenUnder.Any).WithName("GetMe");
        me.MapPut("/password", ChangePasswordAsync)
            .WithMetadata(new OpenUnder(CallerObligation.ChangePassword)).WithName("ChangePassword");
        me.MapGet("/factors", GetFactorsAsync).WithMetadata(enrolment).WithName("GetFactors");
        me.MapPost("/factors/totp", BeginTotpAsync).WithMetadata(enrolment).WithName("BeginTotp");
        me.MapPost("/factors/totp/confirm", ConfirmTotpAsync).WithMetadata(enrolment).WithName("ConfirmTotp");
        me.MapPost("/factors/totp/remove", RemoveTotpAsync).WithName("RemoveTotp");
        me.MapPost("/factors/recovery-codes", RenewRecoveryCodesAsync).WithName("RenewRecoveryCodes");
        me.MapGet("/passkeys", GetPasskeysAsync).WithMetadata(enrolment).WithName("GetPasskeys");
        me.MapPost("/passkeys/begin", BeginPasskeyAsync).WithMetadata(enrolment).WithName("BeginPasskey");
        me.MapPost("/passkeys", AddPasskeyAsync).WithMetadata(enrolment).WithName("AddPasskey");
        me.MapPost("/passkeys/challenge", ChallengePasskeyAsync).WithName("ChallengePasskey");
        me.MapPost("/passkeys/{passkeyId}/remove", RemovePasskeyAsync).WithName("RemovePasskey");
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

    /// <summary>Gets the caller's second factors.</summary>
    internal static async Task<Ok<FactorsView>> GetFactorsAsync(ApiCall call, OwnFactors factors) =>
        TypedResults.Ok(await call.AskAsync(caller => factors.DescribeAsync(caller, call.Aborted)));

    /// <summary>
    /// Begins the enrolment of an authenticator app; only this response contains its secret. A first code must confirm it
    /// within ten minutes.
    /// </summary>
    internal static async Task<Ok<TotpEnrolmentView>> BeginTotpAsync(JsonBody<EnrolTotp> body, ApiCall call, OwnFactors factors) =>
        TypedResults.Ok(await call.AskAsync(caller => factors.BeginTotpAsync(caller, body.Value, call.Aborted)));

    /// <summary>
    /// Enrols the authenticator app by its first code; the caller's other sessions end. Only this response contains the
    /// recovery codes.
    /// </summary>
    internal static async Task<Ok<RecoveryCodesView>> ConfirmTotpAsync(JsonBody<ConfirmTotp> body, ApiCall call, OwnFactors factors) =>
        TypedResults.Ok(await call.AskAsync(caller => factors.ConfirmTotpAsync(caller, body.Value, call.Aborted)));

    /// <summary>Removes the authenticator app and the recovery codes.</summary>
    internal static async Task<NoContent> RemoveTotpAsync(JsonBody<ProveFactors> body, ApiCall call, OwnFactors factors)
    {
        await call.AskAsync(caller => factors.RemoveTotpAsync(caller, body.Value, call.Aborted));
        return TypedResults.NoContent();
    }

    /// <summary>Replaces all recovery codes; only this response contains the new ones.</summary>
    internal static async Task<Ok<RecoveryCodesView>> RenewRecoveryCodesAsync(
        JsonBody<ProveFactors> body, ApiCall call, OwnFactors factors) =>
        TypedResults.Ok(await call.AskAsync(caller => factors.RenewRecoveryCodesAsync(caller, body.Value, call.Aborted)));

    /// <summary>Gets the caller's passkeys, twenty at most.</summary>
    internal static async Task<Ok<PasskeysView>> GetPasskeysAsync(ApiCall call, OwnPasskeys passkeys) =>
        TypedResults.Ok(await call.AskAsync(caller => passkeys.ListAsync(caller, call.Aborted)));

    /// <summary>
    /// Begins to add a passkey: proves the caller, and gets what a browser needs to make one. Within five minutes it must be
    /// added in the same session.
    /// </summary>
    internal static async Task<Ok<PasskeyCreationView>> BeginPasskeyAsync(JsonBody<ProveOwner> body, ApiCall call, OwnPasskeys passkeys) =>
        TypedResults.Ok(await call.AskAsync(caller => passkeys.BeginAsync(caller, body.Value, call.Aborted)));

    /// <summary>
    /// Adds the passkey that a browser made. Where it is the first second factor, the caller's other sessions end, and a
    /// password alone signs nobody in any more.
    /// </summary>
    internal static async Task<Created<PasskeyView>> AddPasskeyAsync(JsonBody<AddPasskey> body, ApiCall call, OwnPasskeys passkeys) =>
        TypedResults.Created((string?)null, await call.AskAsync(caller => passkeys.AddAsync(caller, body.Value, call.Aborted)));

    /// <summary>Gets a challenge for a step-up by one of the caller's passkeys.</summary>
    internal static async Task<Ok<PasskeyRequestView>> ChallengePasskeyAsync(ApiCall call, OwnPasskeys passkeys) =>
        TypedResults.Ok(await call.AskAsync(caller => passkeys.ChallengeAsync(caller, call.Aborted)));

    /// <summary>Removes a passkey; the caller's other sessions end.</summary>
    internal static async Task<NoContent> RemovePasskeyAsync(string passkeyId, JsonBody<ProveOwner> body, ApiCall call, OwnPasskeys passkeys)
    {
        PathId.Validate(IdPrefixes.Passkey, passkeyId);
        await call.AskAsync(caller => passkeys.RemoveAsync(caller, passkeyId, body.Value, call.Aborted));
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
