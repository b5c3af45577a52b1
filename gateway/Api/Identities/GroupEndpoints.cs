using CodeSigning.Contract;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Identities;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CodeSigning.Gateway.Api.Identities;

/// <summary>Groups and their members.</summary>
internal static class GroupEndpoints
{
    public static void MapGroupEndpoints(this IEndpointRouteBuilder groups)
    {
        groups.MapGet("/", ListAsync).WithName("ListGroups");
        groups.MapPost("/", CreateAsync).WithName("CreateGroup").TakesIdempotencyKey(StatusCodes.Status201Created);
        groups.MapGet("/{groupId}", GetAsync).WithName("GetGroup");
        groups.MapPatch("/{groupId}", UpdateAsync).WithName("UpdateGroup");
        groups.MapDelete("/{groupId}", DeleteAsync).WithName("DeleteGroup");
        var members = groups.MapGroup("/{groupId}/members");
        members.MapGet("/", ListMembersAsync).WithName("ListGroupMembers");
        members.MapPost("/", AddMemberAsync).WithName("AddGroupMember").TakesIdempotencyKey(StatusCodes.Status201Created);
        members.MapDelete("/{memberId}", RemoveMemberAsync).WithName("RemoveGroupMember");
    }

    /// <summary>Lists groups, newest first.</summary>
    internal static async Task<Ok<Page<GroupView>>> ListAsync(
        [AsParameters] PageQuery page, string? name, ApiCall call, GroupDirectory groups)
    {
        var query = new DirectoryQuery(page.GetLimit(), page.GetBefore(IdPrefixes.Group), name);
        return TypedResults.Ok(await call.AskAsync(caller => groups.ListAsync(caller, query, call.Aborted)));
    }

    /// <summary>Creates a group. Product administrators only.</summary>
    internal static async Task<Created<GroupView>> CreateAsync(JsonBody<CreateGroup> body, ApiCall call, GroupService groups)
    {
        var group = await call.AskAsync(caller => groups.CreateAsync(caller, body.Value, call.Aborted));
        return TypedResults.Created($"/api/v1/groups/{group.Id}", group);
    }

    /// <summary>Gets a group.</summary>
    internal static async Task<Ok<GroupView>> GetAsync(string groupId, ApiCall call, GroupDirectory groups) =>
        TypedResults.Ok(await call.AskAsync(caller => groups.GetAsync(caller, groupId, call.Aborted)));

    /// <summary>
    /// Changes a group. The name at the identity provider, and whether its people may approve, are not changed while a policy
    /// under which a request was ever approved asks the group. Product administrators only.
    /// </summary>
    internal static async Task<Ok<GroupView>> UpdateAsync(
        string groupId, JsonBody<UpdateGroup> body, ApiCall call, GroupMarks groups) =>
        TypedResults.Ok(await call.AskAsync(caller => groups.UpdateAsync(caller, groupId, body.Value, call.Aborted)));

    /// <summary>Deletes a group; its members lose the rights it gave them. Product administrators only.</summary>
    internal static async Task<NoContent> DeleteAsync(string groupId, ApiCall call, GroupService groups)
    {
        await call.AskAsync(caller => groups.DeleteAsync(caller, groupId, call.Aborted));
        return TypedResults.NoContent();
    }

    /// <summary>Lists the members of a group. Product administrators only.</summary>
    internal static async Task<Ok<Page<GroupMemberView>>> ListMembersAsync(
        string groupId, [AsParameters] PageQuery page, ApiCall call, GroupDirectory groups)
    {
        var query = new DirectoryQuery(page.GetLimit(), page.GetBefore(IdPrefixes.User, IdPrefixes.Identity));
        return TypedResults.Ok(await call.AskAsync(
            caller => groups.ListMembersAsync(caller, groupId, query, call.Aborted)));
    }

    /// <summary>
    /// Adds a person or a machine identity to a group; groups do not nest. If the group approves under a guarded
    /// policy, adding a person requires approval: the response is 202 and names the request. Product administrators
    /// only.
    /// </summary>
    internal static async Task<Results<Created<GroupMemberView>, Accepted<GroupMemberView>>> AddMemberAsync(
        string groupId, JsonBody<NewGroupMember> body, ApiCall call, ApproverAdditions additions)
    {
        var member = await call.AskAsync(caller => additions.AddAsync(caller, groupId, body.Value.ToRef(), call.Aborted));
        return member.PendingRequestId is { } requestId
            ? TypedResults.Accepted($"/api/v1/pki/approval-requests/{requestId}", member)
            : TypedResults.Created($"/api/v1/groups/{groupId}/members/{member.Id}", member);
    }

    /// <summary>Removes a member from a group. Product administrators only.</summary>
    internal static async Task<NoContent> RemoveMemberAsync(
        string groupId, string memberId, ApiCall call, GroupService groups)
    {
        await call.AskAsync(caller => groups.RemoveMemberAsync(caller, groupId, memberId, call.Aborted));
        return TypedResults.NoContent();
    }
}
