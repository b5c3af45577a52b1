using System.Collections.Immutable;
using CodeSigning.Identities;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Approvals;

/// <summary>All that a decision about a request looks at beside the request. Immutable.</summary>
/// <param name="Approvers">Who may approve by today.</param>
/// <param name="Requester">The one who asks, by today.</param>
/// <param name="Excluded">People whose vote would be on a request of their own: the requester, or those who can act as it.</param>
/// <param name="ExclusionBasis">What it rests on who is excluded.</param>
public sealed record RequestFacts(
    ApproverFacts Approvers,
    PrincipalFacts Requester,
    ImmutableHashSet<string> Excluded,
    ImmutableArray<StateVersion> ExclusionBasis);
