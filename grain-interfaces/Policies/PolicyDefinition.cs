using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Identities;

namespace CodeSigning.Policies;

/// <summary>The definition of a signing policy; the body that creates or replaces one.</summary>
/// <param name="Name">1 to 64 characters, unique among policies.</param>
/// <param name="Constraints">The limits of a grant.</param>
/// <param name="Steps">The approval steps in order, 1 to 10.</param>
/// <param name="MaxRequestTtl">The lifetime of a pending request, such as <c>1d</c>; defaults to 7 days.</param>
/// <param name="BypassForMachineIdentities">Whether machine identities sign without a grant.</param>
/// <param name="DistinctApproversAcrossSteps">Whether one person's approval counts in only one step of a request.</param>
/// <param name="SecondFactorWithin">
/// How long before a vote the voter must have proved a second factor, such as <c>15m</c>; votes need none if not given.
/// </param>
[GenerateSerializer, Immutable, Alias("codesigning.PolicyDefinition")]
public sealed record PolicyDefinition(
    [property: Id(0)] string Name,
    [property: Id(1)] PolicyConstraints Constraints,
    [property: Id(2)] ImmutableArray<ApprovalStep> Steps,
    [property: Id(3)] string? MaxRequestTtl = null,
    [property: Id(4)] bool BypassForMachineIdentities = false,
    [property: Id(5)] bool DistinctApproversAcrossSteps = false,
    [property: Id(6)] string? SecondFactorWithin = null);

/// <summary>An approval step.</summary>
/// <param name="Approvers">The eligible approvers: people, and groups whose people are meant; 1 to 50.</param>
/// <param name="RequiredApprovals">How many different people must approve.</param>
/// <param name="Name">The step's name, at most 64 characters.</param>
[GenerateSerializer, Immutable, Alias("codesigning.ApprovalStep")]
public sealed record ApprovalStep(
    [property: Id(0), Offers(PrincipalKind.User, PrincipalKind.Group)] ImmutableArray<PrincipalRef> Approvers,
    [property: Id(1)] int RequiredApprovals,
    [property: Id(2)] string? Name = null);

/// <summary>The limits of a grant under a policy; at least one is required.</summary>
/// <param name="MaxWindowDuration">The longest window, such as <c>4h</c>.</param>
/// <param name="MaxSignings">The most signatures, 1 to 1,000,000,000.</param>
[GenerateSerializer, Immutable, Alias("codesigning.PolicyConstraints")]
public sealed record PolicyConstraints(
    [property: Id(0)] string? MaxWindowDuration = null, [property: Id(1)] long? MaxSignings = null);

/// <summary>A signing policy.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Constraints">The limits of a grant.</param>
/// <param name="Steps">The approval steps in order.</param>
/// <param name="MaxRequestTtl">The lifetime of a pending request.</param>
/// <param name="BypassForMachineIdentities">Whether machine identities sign without a grant.</param>
/// <param name="DistinctApproversAcrossSteps">Whether one person's approval counts in only one step of a request.</param>
/// <param name="SecondFactorWithin">How long before a vote the voter must have proved a second factor.</param>
/// <param name="Guarded">
/// Whether a request was ever approved under it; from then on, loosening it requires approval under the policy itself.
/// </param>
/// <param name="PendingChangeRequestId">The pending request for an edit that loosens the policy.</param>
/// <param name="CreatedAt">When it was created (UTC).</param>
/// <param name="CreatedBy">Who created it.</param>
public sealed record PolicyView(
    string Id,
    string Name,
    PolicyConstraints Constraints,
    ImmutableArray<ApprovalStep> Steps,
    string MaxRequestTtl,
    bool BypassForMachineIdentities,
    bool DistinctApproversAcrossSteps,
    string? SecondFactorWithin,
    bool Guarded,
    string? PendingChangeRequestId,
    DateTimeOffset CreatedAt,
    PrincipalRef CreatedBy);
