using System.Collections.Immutable;
using CodeSigning.Grants;
using CodeSigning.Ledger;

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
