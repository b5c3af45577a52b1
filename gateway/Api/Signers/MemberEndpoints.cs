using CodeSigning.Contract;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Signers;
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
    internal static async Task<Ok<Page<MemberView>>> ListAsync(SignerCall call, SignerDirectory directory) =>
        TypedResults.Ok(new Page<MemberView>(
            await call.AskAsync(caller => directory.GetMembersAsync(caller, call.SignerId, call.Aborted)), null));

    /// <summary>Adds a person, a machine identity or a group. Administrators of the signer only.</summary>
    internal static async Task<Created<MemberView>> AddAsync(SignerCall call, JsonBody<NewMember> body)
    {
        var member = await call.AskAsync(caller => call.Signer.AddMemberAsync(caller, body.Value, call.Aborted));
        return TypedResults.Created($"/api/v1/pki/signers/{call.SignerId}/members/{member.MemberId}", member);
    }

    /// <summary>Changes a member's role. Administrators of the signer only.</summary>
    internal static async Task<Ok<MemberView>> ChangeAsync(SignerCall call, string memberId, JsonBody<ChangeMember> body) =>
        TypedResults.Ok(await call.AskAsync(caller =>
            call.Signer.ChangeMemberAsync(caller, memberId, body.Value, call.Aborted)));

    /// <summary>
    /// Removes a member, in force for every signature that begins afterwards. Administrators of the signer only.
    /// </summary>
    internal static async Task<NoContent> RemoveAsync(SignerCall call, string memberId, SignerWithdrawals withdrawals)
    {
        await call.AskAsync(caller => withdrawals.RemoveMemberAsync(caller, call.SignerId, memberId, call.Aborted));
        return TypedResults.NoContent();
    }
}
