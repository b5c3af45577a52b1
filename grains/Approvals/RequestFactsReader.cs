using System.Collections.Immutable;
using CodeSigning.Grains.Identities.Principals;
using CodeSigning.Identities;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Approvals;

/// <summary>All that a decision about a request looks at beside the request. Immutable.</summary>
/// <param name="Approvers">Who may approve by today.</param>
/// <param name="Requester">The one who asks, by today.</param>
/// <param name="Excluded">People whose vote would be on a request of their own: the requester, or those who can act as it.</param>
/// <param name="ExclusionBasis">The versions that say who is excluded.</param>
public sealed record RequestFacts(
    ApproverFacts Approvers,
    PrincipalFacts Requester,
    ImmutableHashSet<string> Excluded,
    ImmutableArray<StateVersion> ExclusionBasis);

/// <summary>Reads the facts about requests fresh from the store.</summary>
public sealed class RequestFactsReader(PrincipalFactsReader principals, ApproverFactsReader approvers)
{
    /// <summary>Facts about a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="voter">Somebody who wants to vote.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public async Task<RequestFacts> ReadAsync(
        ApprovalRequestState request, string? voter, CancellationToken cancellationToken)
    {
        var requester = new PrincipalRef(request.Requester.Kind, request.Requester.Id);
        var makers = await principals.FindMakersAsync(requester, cancellationToken);
        ImmutableHashSet<string> excluded = [.. makers?.UserIds ?? [], .. request.RequesterMakers, requester.Id];
        var people = request.Ballots.Select(ballot => ballot.UserId).Concat(voter is null ? [] : [voter]);
        return new RequestFacts(
            await approvers.ReadAsync(request.Policy.Steps, people, excluded, request.CreatedAt, cancellationToken),
            await principals.FindAsync(requester, cancellationToken),
            excluded,
            makers is null ? [] : [makers.Version]);
    }
}
