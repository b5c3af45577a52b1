using CodeSigning.Contract;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Identities;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CodeSigning.Gateway.Api.Identities;

/// <summary>People.</summary>
internal static class UserEndpoints
{
    public static void MapUserEndpoints(this IEndpointRouteBuilder users)
    {
        users.MapGet("/", ListAsync).WithName("ListUsers");
        users.MapPost("/", CreateAsync).WithName("CreateUser").TakesIdempotencyKey(StatusCodes.Status201Created);
        users.MapGet("/{userId}", GetAsync).WithName("GetUser");
        users.MapPatch("/{userId}", UpdateAsync).WithName("UpdateUser");
        users.MapDelete("/{userId}", DeleteAsync).WithName("DeleteUser");
        users.MapDelete("/{userId}/factors", ResetFactorsAsync).WithName("ResetFactors");
        users.MapDelete("/{userId}/sessions", EndSessionsAsync).WithName("EndSessionsOfUser");
        users.MapPost("/{userId}/password-reset", SendPasswordResetAsync).WithName("SendPasswordReset");
    }

    /// <summary>Lists people, newest first.</summary>
    internal static async Task<Ok<Page<UserView>>> ListAsync(
        [AsParameters] PageQuery page, string? email, ApiCall call, UserDirectory users)
    {
        var query = new DirectoryQuery(page.GetLimit(), page.GetBefore(IdPrefixes.User), email);
        return TypedResults.Ok(await call.AskAsync(caller => users.ListAsync(caller, query, call.Aborted)));
    }

    /// <summary>
    /// Creates a person. Without a password the person is invited by a link that serves once and for a day: it is mailed, or,
    /// where the server sends no mail, only this response contains it. Product administrators only.
    /// </summary>
    internal static async Task<Created<UserView>> CreateAsync(
        JsonBody<CreateUser> body, ApiCall call, Invitations invitations)
    {
        var user = await call.AskAsync(caller => invitations.CreateAsync(caller, body.Value, call.Aborted));
        return TypedResults.Created($"/api/v1/users/{user.Id}", user);
    }

    /// <summary>Gets a person.</summary>
    internal static async Task<Ok<UserView>> GetAsync(string userId, ApiCall call, UserDirectory users) =>
        TypedResults.Ok(await call.AskAsync(caller => users.GetAsync(caller, userId, call.Aborted)));

    /// <summary>Changes a person; disabling invalidates their tokens immediately. Product administrators only.</summary>
    internal static async Task<Ok<UserView>> UpdateAsync(
        string userId, JsonBody<UpdateUser> body, ApiCall call, UserService users) =>
        TypedResults.Ok(await call.AskAsync(caller => users.UpdateAsync(caller, userId, body.Value, call.Aborted)));

    /// <summary>
    /// Sends a password reset link to the person's own email address; the caller does not see it. Votes on requests
    /// created before its use do not count. Product administrators only.
    /// </summary>
    internal static async Task<Accepted<SentPasswordReset>> SendPasswordResetAsync(
        string userId, ApiCall call, PasswordResets resets) =>
        TypedResults.Accepted((string?)null, await call.AskAsync(caller => resets.SendAsync(caller, userId, call.Aborted)));

    /// <summary>
    /// Removes the second factor of another person who lost it; the person's sessions end. Votes on requests created before
    /// do not count. Product administrators only.
    /// </summary>
    internal static async Task<NoContent> ResetFactorsAsync(string userId, ApiCall call, UserService users)
    {
        PathId.Validate(IdPrefixes.User, userId);
        await call.AskAsync(caller => users.ResetFactorsAsync(caller, userId, call.Aborted));
        return TypedResults.NoContent();
    }

    /// <summary>
    /// Ends all sessions and tokens of a person at once. Password, second factor, votes and grants stay. Product administrators
    /// only.
    /// </summary>
    internal static async Task<NoContent> EndSessionsAsync(string userId, ApiCall call, UserService users)
    {
        PathId.Validate(IdPrefixes.User, userId);
        await call.AskAsync(caller => users.EndSessionsOfAsync(caller, userId, call.Aborted));
        return TypedResults.NoContent();
    }

    /// <summary>Deletes a person; their ledger entries stay. Product administrators only.</summary>
    internal static async Task<NoContent> DeleteAsync(string userId, ApiCall call, UserService users)
    {
        await call.AskAsync(caller => users.DeleteAsync(caller, userId, call.Aborted));
        return TypedResults.NoContent();
    }
}
