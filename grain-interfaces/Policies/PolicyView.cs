using System.Collections.Immutable;
using CodeSigning.Identities;

namespace CodeSigning.Policies;

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
