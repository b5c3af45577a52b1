using System.Collections.Immutable;
using CodeSigning.Grants;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Approvals;

/// <summary>A request for approval.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What it asks for.</param>
/// <param name="Status">Its current status.</param>
/// <param name="SignerId">The signer; null for a policy edit and for a new group member.</param>
/// <param name="SignerName">The signer's name at the time of the request.</param>
/// <param name="PolicyId">
/// The policy that it is decided under; the first one if several policies apply to a group member.
/// </param>
/// <param name="Requester">The requester.</param>
/// <param name="Justification">The requester's justification.</param>
/// <param name="RequestedSignings">The number of signatures requested.</param>
/// <param name="WindowStart">The start of the window (UTC).</param>
/// <param name="WindowEnd">The end of the window (UTC).</param>
/// <param name="RequestedWindowDuration">The length of the window from the approval.</param>
/// <param name="Scope">What the grant will cover.</param>
/// <param name="Change">The requested policy change.</param>
/// <param name="Steps">The steps with their votes.</param>
/// <param name="CurrentStep">The index of the current step, from 0; the number of steps once all are complete.</param>
/// <param name="IsUnreachable">
/// Whether the remaining steps can no longer be approved, because too few eligible approvers are left.
/// </param>
/// <param name="CertificateThumbprint">The certificate that the grant will be valid for.</param>
/// <param name="CreatedAt">When it was created (UTC).</param>
/// <param name="ExpiresAt">When it expires (UTC).</param>
/// <param name="DecidedAt">When it ended (UTC).</param>
/// <param name="GrantId">The resulting grant.</param>
/// <param name="Addition">The person to be added to an approver group.</param>
/// <param name="PolicyName">The policy's current name, for people.</param>
/// <param name="CurrentStepNumber">
/// The number of the current step, from 1 as in <c>steps[].number</c> and in messages; null once all are complete.
/// </param>
/// <param name="SecondFactorWithin">How long before a vote the voter must have proved a second factor.</param>
[GenerateSerializer, Immutable, Alias("codesigning.RequestView")]
public sealed record RequestView(
    [property: Id(0)] string Id,
    [property: Id(1)] RequestKind Kind,
    [property: Id(2)] RequestStatus Status,
    [property: Id(3)] string? SignerId,
    [property: Id(4)] string? SignerName,
    [property: Id(5)] string PolicyId,
    [property: Id(6)] Actor Requester,
    [property: Id(7)] string Justification,
    [property: Id(8)] long? RequestedSignings,
    [property: Id(9)] DateTimeOffset? WindowStart,
    [property: Id(10)] DateTimeOffset? WindowEnd,
    [property: Id(11)] string? RequestedWindowDuration,
    [property: Id(12)] GrantScope? Scope,
    [property: Id(13)] PolicyChange? Change,
    [property: Id(14)] ImmutableArray<StepView> Steps,
    [property: Id(15)] int CurrentStep,
    [property: Id(16)] bool IsUnreachable,
    [property: Id(17)] string? CertificateThumbprint,
    [property: Id(18)] DateTimeOffset CreatedAt,
    [property: Id(19)] DateTimeOffset ExpiresAt,
    [property: Id(20)] DateTimeOffset? DecidedAt,
    [property: Id(21)] string? GrantId,
    [property: Id(22)] GroupAddition? Addition = null,
    [property: Id(23)] string? PolicyName = null,
    [property: Id(24)] int? CurrentStepNumber = null,
    [property: Id(25)] string? SecondFactorWithin = null);

/// <summary>A step of a request, copied from the policy when the request was created.</summary>
/// <param name="Name">The step's name.</param>
/// <param name="Approvers">Who may vote.</param>
/// <param name="RequiredApprovals">How many different people must approve.</param>
/// <param name="IsComplete">Whether it has all required approvals.</param>
/// <param name="Votes">The votes.</param>
/// <param name="Number">Its number, from 1.</param>
[GenerateSerializer, Immutable, Alias("codesigning.StepView")]
public sealed record StepView(
    [property: Id(0)] string? Name,
    [property: Id(1)] ImmutableArray<PrincipalRef> Approvers,
    [property: Id(2)] int RequiredApprovals,
    [property: Id(3)] bool IsComplete,
    [property: Id(4)] ImmutableArray<VoteView> Votes,
    [property: Id(5)] int Number = 0);

/// <summary>A person's vote.</summary>
/// <param name="UserId">The voter's id.</param>
/// <param name="UserName">The voter's name at the time of the vote.</param>
/// <param name="Approved">True for an approval, false for a rejection.</param>
/// <param name="Comment">The voter's comment.</param>
/// <param name="At">When the vote was cast (UTC).</param>
/// <param name="Counts">Whether it counts: the approval of a person who is no longer an eligible approver does not.</param>
[GenerateSerializer, Immutable, Alias("codesigning.VoteView")]
public sealed record VoteView(
    [property: Id(0)] string UserId,
    [property: Id(1)] string UserName,
    [property: Id(2)] bool Approved,
    [property: Id(3)] string? Comment,
    [property: Id(4)] DateTimeOffset At,
    [property: Id(5)] bool Counts);

/// <summary>A requested policy change.</summary>
/// <param name="PolicyId">The policy in force, under which the request is decided.</param>
/// <param name="NewPolicyId">The policy that replaces it on the signer; null to detach.</param>
/// <param name="NewDefinition">The policy's new definition, for an edit.</param>
/// <param name="PolicyName">The current name of the policy in force, for people.</param>
/// <param name="NewPolicyName">The current name of the policy that replaces it, for people.</param>
[GenerateSerializer, Immutable, Alias("codesigning.PolicyChange")]
public sealed record PolicyChange(
    [property: Id(0)] string PolicyId,
    [property: Id(1)] string? NewPolicyId = null,
    [property: Id(2)] PolicyDefinition? NewDefinition = null,
    [property: Id(3)] string? PolicyName = null,
    [property: Id(4)] string? NewPolicyName = null);

/// <summary>The requested addition of a person to an approver group.</summary>
/// <param name="GroupId">The group.</param>
/// <param name="GroupName">The group's name at the time of the request.</param>
/// <param name="Member">The person.</param>
/// <param name="MemberName">The person's name at the time of the request.</param>
[GenerateSerializer, Immutable, Alias("codesigning.GroupAddition")]
public sealed record GroupAddition(
    [property: Id(0)] string GroupId,
    [property: Id(1)] string GroupName,
    [property: Id(2)] PrincipalRef Member,
    [property: Id(3)] string MemberName);

/// <summary>What is requested. Written in camelCase.</summary>
public enum RequestKind
{
    /// <summary>A grant to sign.</summary>
    Signing = 1,

    /// <summary>Detaching or replacing a signer's policy.</summary>
    SignerPolicy = 2,

    /// <summary>An edit that loosens a policy.</summary>
    PolicyEdit = 3,

    /// <summary>Adding a person to an approver group.</summary>
    GroupMember = 4,
}

/// <summary>The status of a request. Written in camelCase.</summary>
public enum RequestStatus
{
    /// <summary>It is waiting for votes.</summary>
    Pending = 1,

    /// <summary>Every step was approved, and the requested change or grant has taken effect.</summary>
    Approved = 2,

    /// <summary>An approver rejected it.</summary>
    Rejected = 3,

    /// <summary>It expired; computed from the clock, whether or not the reminder has fired.</summary>
    Expired = 4,

    /// <summary>It was cancelled, or its signer was stopped or deleted.</summary>
    Cancelled = 5,
}
