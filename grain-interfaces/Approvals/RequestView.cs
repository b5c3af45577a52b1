using System.Collections.Immutable;
using CodeSigning.Grants;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Approvals;

/// <summary>A request for approval.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What it asks for.</param>
/// <param name="Status">Where it stands by now.</param>
/// <param name="SignerId">The signer; null for the edit of a policy and for a group's member.</param>
/// <param name="SignerName">The signer's name then.</param>
/// <param name="PolicyId">The policy that it is decided under; of several, for a group's member, the first.</param>
/// <param name="Requester">Who asks.</param>
/// <param name="Justification">What for.</param>
/// <param name="RequestedSignings">How many signatures.</param>
/// <param name="WindowStart">From when (UTC).</param>
/// <param name="WindowEnd">Until when (UTC).</param>
/// <param name="RequestedWindowDuration">How long from the approval.</param>
/// <param name="Scope">What the grant shall cover.</param>
/// <param name="Change">The change of policy that is asked for.</param>
/// <param name="Steps">The steps with their votes.</param>
/// <param name="CurrentStep">The step that waits, from 0; the number of steps once all are done.</param>
/// <param name="IsUnreachable">Whether the steps that wait can no longer be filled by the people who are left.</param>
/// <param name="CertificateThumbprint">The certificate that a grant will serve for.</param>
/// <param name="CreatedAt">When it was made (UTC).</param>
/// <param name="ExpiresAt">Until when it waits (UTC).</param>
/// <param name="DecidedAt">When it ended (UTC).</param>
/// <param name="GrantId">The grant that came of it.</param>
/// <param name="Addition">The person who shall be added to a group that approves.</param>
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
    [property: Id(22)] GroupAddition? Addition = null);

/// <summary>A step of a request, as the policy had it when the request was made.</summary>
/// <param name="Name">What the step is called.</param>
/// <param name="Approvers">Who may vote.</param>
/// <param name="RequiredApprovals">How many different people must approve.</param>
/// <param name="IsComplete">Whether it is done.</param>
/// <param name="Votes">The votes.</param>
[GenerateSerializer, Immutable, Alias("codesigning.StepView")]
public sealed record StepView(
    [property: Id(0)] string? Name,
    [property: Id(1)] ImmutableArray<PrincipalRef> Approvers,
    [property: Id(2)] int RequiredApprovals,
    [property: Id(3)] bool IsComplete,
    [property: Id(4)] ImmutableArray<VoteView> Votes);

/// <summary>A person's vote.</summary>
/// <param name="UserId">Who.</param>
/// <param name="UserName">Under which name then.</param>
/// <param name="Approved">Yes or no.</param>
/// <param name="Comment">What they said of it.</param>
/// <param name="At">When (UTC).</param>
/// <param name="Counts">Whether it counts: an approval of somebody who may no longer approve does not.</param>
[GenerateSerializer, Immutable, Alias("codesigning.VoteView")]
public sealed record VoteView(
    [property: Id(0)] string UserId,
    [property: Id(1)] string UserName,
    [property: Id(2)] bool Approved,
    [property: Id(3)] string? Comment,
    [property: Id(4)] DateTimeOffset At,
    [property: Id(5)] bool Counts);

/// <summary>The change of policy that a request asks for.</summary>
/// <param name="PolicyId">The policy in force, under which the request is decided.</param>
/// <param name="NewPolicyId">The policy that shall take its place on the signer; null to detach.</param>
/// <param name="NewDefinition">What the policy shall say instead, for an edit.</param>
[GenerateSerializer, Immutable, Alias("codesigning.PolicyChange")]
public sealed record PolicyChange(
    [property: Id(0)] string PolicyId,
    [property: Id(1)] string? NewPolicyId = null,
    [property: Id(2)] PolicyDefinition? NewDefinition = null);

/// <summary>The person whom a request asks to add to a group that approves.</summary>
/// <param name="GroupId">The group.</param>
/// <param name="GroupName">The group's name then.</param>
/// <param name="Member">The person.</param>
/// <param name="MemberName">The person's name then.</param>
[GenerateSerializer, Immutable, Alias("codesigning.GroupAddition")]
public sealed record GroupAddition(
    [property: Id(0)] string GroupId,
    [property: Id(1)] string GroupName,
    [property: Id(2)] PrincipalRef Member,
    [property: Id(3)] string MemberName);

/// <summary>What a request asks for. Written in camelCase.</summary>
public enum RequestKind
{
    /// <summary>A grant to sign.</summary>
    Signing = 1,

    /// <summary>To detach a signer's policy or to put another in its place.</summary>
    SignerPolicy = 2,

    /// <summary>To change a policy into one that allows more.</summary>
    PolicyEdit = 3,

    /// <summary>To add a person to a group that approves.</summary>
    GroupMember = 4,
}

/// <summary>Where a request stands. Written in camelCase.</summary>
public enum RequestStatus
{
    /// <summary>It waits for votes.</summary>
    Pending = 1,

    /// <summary>Every step was approved; what it asked for has been given.</summary>
    Approved = 2,

    /// <summary>Somebody rejected it.</summary>
    Rejected = 3,

    /// <summary>It waited for too long; computed from the clock, whether or not a timer has run.</summary>
    Expired = 4,

    /// <summary>It was taken back, or its signer was stopped or deleted.</summary>
    Cancelled = 5,
}
