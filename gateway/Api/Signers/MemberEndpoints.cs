using CodeSigning.Contract;
using CodeSigning.Gateway.Calls;
using CodeSigning.Signers;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CodeSigning.Gateway.Api.Signers;

/// <summary>The members of a signer. It keeps at least one administrator.</summary>
internal static class MemberEndpoints
{
    public static void MapMemberEndpoints(this IEndpointRouteBuilder members)
    {
        members.MapGet("/", ListAsync).WithName("ListMembers");
        members.MapPost("/", AddAsync).WithName("AddMember").TakesIdempotencyKey(StatusCodes.Status201Created);
        members.MapPatch("/{memberId}", ChangeAsync).WithName("ChangeMember");
        members.MapDelete("/{memberId}", RemoveAsync).WithName("RemoveMember");
    }

    /// <summary>Lists the members; there are at most a hundred, on one page.</summary>
    internal static async Task<Ok<Page<MemberView>>> ListAsync(SignerCall call) =>
        TypedResults.Ok(new Page<MemberView>(await call.AskAsync(call.Signer.GetMembersAsync), null));

    /// <summary>Adds a person, a machine identity or a group. Administrators of the signer only.</summary>
    internal static async Task<Created<MemberView>> AddAsync(SignerCall call, JsonBody<NewMember> body)
    {
        var member = await call.AskAsync(caller => call.Signer.AddMemberAsync(caller, body.Value, call.Aborted));
        return TypedResults.Created($"/api/v1/pki/signers/{call.SignerId}/members/{member.MemberId}", member);
    }

    /// <summary>Gives a member another role. Administrators of the signer only.</summary>
    internal static async Task<Ok<MemberView>> ChangeAsync(SignerCall call, string memberId, JsonBody<ChangeMember> body) =>
        TypedResults.Ok(await call.AskAsync(caller =>
            call.Signer.ChangeMemberAsync(caller, memberId, body.Value, call.Aborted)));

    /// <summary>Removes a member; it holds for every signature that begins afterwards. Administrators of the signer only.</summary>
    internal static async Task<NoContent> RemoveAsync(SignerCall call, string memberId)
    {
        await call.AskAsync(caller => call.Signer.RemoveMemberAsync(caller, memberId, call.Aborted));
        return TypedResults.NoContent();
    }
}
