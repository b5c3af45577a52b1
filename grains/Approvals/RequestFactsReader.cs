using System.Collections.Immutable;
using CodeSigning.Identities;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Approvals;

/// <summary>Gathers what decisions about requests rest on, from the grains that own it.</summary>
public sealed class RequestFactsReader(IGrainFactory grains, ApproverFactsReader approvers)
{
    /// <summary>Facts about a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="voter">Somebody who wants to vote.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async Task<RequestFacts> ReadAsync(
        ApprovalRequestState request, string? voter, CancellationToken cancellationToken)
    {
        var requester = new PrincipalRef(request.Requester.Kind, request.Requester.Id);
        var facts = await FindAsync(requester);
        var (makers, basis) = await FindMakersAsync(requester, cancellationToken);
        ImmutableHashSet<string> excluded = [.. makers, .. request.RequesterMakers, requester.Id];
        var people = request.Ballots.Select(ballot => ballot.UserId).Concat(voter is null ? [] : [voter]);
        return new RequestFacts(
            await approvers.ReadAsync(request.Policy.Steps, people, excluded), facts, excluded, basis);
    }

    /// <summary>A person or a machine identity by today.</summary>
    public Task<PrincipalFacts> FindAsync(PrincipalRef principal) => principal.Kind switch
    {
        PrincipalKind.User => grains.GetGrain<IUserGrain>(principal.Id).GetFactsAsync(),
        PrincipalKind.Identity => grains.GetGrain<IIdentityGrain>(principal.Id).GetFactsAsync(),
        _ => throw new ArgumentOutOfRangeException(nameof(principal)),
    };

    /// <summary>The people who can act as a machine identity because they made what it logs in with.</summary>
    public async Task<(ImmutableArray<string> UserIds, ImmutableArray<StateVersion> Basis)> FindMakersAsync(
        PrincipalRef principal, CancellationToken cancellationToken)
    {
        if (principal.Kind != PrincipalKind.Identity)
        {
            return ([], []);
        }

        var makers = await grains.GetGrain<IIdentityGrain>(principal.Id).GetCredentialMakersAsync(cancellationToken);
        return (makers.UserIds, [makers.Version]);
    }
}
