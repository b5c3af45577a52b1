using System.Collections.Immutable;
using CodeSigning.Identities;

namespace CodeSigning.Policies;

/// <summary>What a signing policy says; the body of its creation and of its replacement.</summary>
/// <param name="Name">1 to 64 characters; no two policies have the same.</param>
/// <param name="Constraints">The most that may be asked for.</param>
/// <param name="Steps">The steps in their order, 1 to 10.</param>
/// <param name="MaxRequestTtl">How long a request may wait, such as <c>1d</c>; 7 days if not given.</param>
/// <param name="BypassForMachineIdentities">Machine identities sign without request and without grant.</param>
/// <param name="DistinctApproversAcrossSteps">Nobody's approval counts in two steps of one request.</param>
[GenerateSerializer, Immutable, Alias("codesigning.PolicyDefinition")]
public sealed record PolicyDefinition(
    [property: Id(0)] string Name,
    [property: Id(1)] PolicyConstraints Constraints,
    [property: Id(2)] ImmutableArray<ApprovalStep> Steps,
    [property: Id(3)] string? MaxRequestTtl = null,
    [property: Id(4)] bool BypassForMachineIdentities = false,
    [property: Id(5)] bool DistinctApproversAcrossSteps = false);

/// <summary>One step of the approval.</summary>
/// <param name="Approvers">Who may vote: people, and groups for the people in them; 1 to 50.</param>
/// <param name="RequiredApprovals">How many different people must approve.</param>
/// <param name="Name">What the step is called, at most 64 characters.</param>
[GenerateSerializer, Immutable, Alias("codesigning.ApprovalStep")]
public sealed record ApprovalStep(
    [property: Id(0)] ImmutableArray<PrincipalRef> Approvers,
    [property: Id(1)] int RequiredApprovals,
    [property: Id(2)] string? Name = null);

/// <summary>The most that may be asked for under a policy; at least one is given.</summary>
/// <param name="MaxWindowDuration">The longest window, such as <c>4h</c>.</param>
/// <param name="MaxSignings">The most signatures, 1 to 1,000,000,000.</param>
[GenerateSerializer, Immutable, Alias("codesigning.PolicyConstraints")]
public sealed record PolicyConstraints(
    [property: Id(0)] string? MaxWindowDuration = null, [property: Id(1)] long? MaxSignings = null);

/// <summary>A signing policy.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Constraints">The most that may be asked for.</param>
/// <param name="Steps">The steps in their order.</param>
/// <param name="MaxRequestTtl">How long a request may wait.</param>
/// <param name="BypassForMachineIdentities">Machine identities sign without request and without grant.</param>
/// <param name="DistinctApproversAcrossSteps">Nobody's approval counts in two steps of one request.</param>
/// <param name="Guarded">Whether a request was ever approved under it: from then on, loosening it needs approval under itself.</param>
/// <param name="PendingChangeRequestId">The request for a change that waits for approval, after an edit that loosens.</param>
/// <param name="CreatedAt">When it was made (UTC).</param>
/// <param name="CreatedBy">Who made it.</param>
public sealed record PolicyView(
    string Id,
    string Name,
    PolicyConstraints Constraints,
    ImmutableArray<ApprovalStep> Steps,
    string MaxRequestTtl,
    bool BypassForMachineIdentities,
    bool DistinctApproversAcrossSteps,
    bool Guarded,
    string? PendingChangeRequestId,
    DateTimeOffset CreatedAt,
    PrincipalRef CreatedBy);
