using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Approvals;

/// <summary>Views of requests. Pure functions.</summary>
public static class RequestViews
{
    /// <summary>The view by the current time, people and groups.</summary>
    public static RequestView ToView(this ApprovalRequestState request, RequestFacts facts, DateTimeOffset now)
    {
        var status = request.StatusAt(now);
        var isOpen = status == RequestStatus.Pending;
        var tally = RequestTally.Of(request, facts);
        return ToView(
            request,
            status,
            isOpen ? tally.CurrentStep : request.CurrentStep,
            isOpen && !tally.CanBeFilled,
            ballot => isOpen ? !ballot.Approved || RequestTally.Counts(request, facts, ballot) : !ballot.IsVoid);
    }

    /// <summary>The view by the current time, with votes as last counted; for lists.</summary>
    public static RequestView ToListedView(this ApprovalRequestState request, DateTimeOffset now)
    {
        var status = request.StatusAt(now);
        return ToView(
            request,
            status,
            request.CurrentStep,
            status == RequestStatus.Pending && request.IsUnreachable,
            ballot => !ballot.IsVoid);
    }

    private static RequestView ToView(
        ApprovalRequestState request,
        RequestStatus status,
        int currentStep,
        bool isUnreachable,
        Func<CastBallot, bool> counts) => new(
        request.Id,
        request.Kind,
        status,
        request.SignerId,
        request.SignerName,
        request.PolicyId,
        request.Requester,
        request.Justification,
        request.RequestedSignings,
        request.WindowStart,
        request.WindowEnd,
        request.WindowDuration is { } duration ? Duration.ToText(duration) : null,
        request.Scope,
        request.Change,
        [.. request.Policy.Steps.Select((step, index) => new StepView(
            step.Name,
            step.Approvers,
            step.RequiredApprovals,
            index < currentStep,
            VotesIn(request, index, counts)))],
        currentStep,
        isUnreachable,
        request.CertificateThumbprint,
        request.CreatedAt,
        request.ExpiresAt,
        request.DecidedAt ?? (status == RequestStatus.Expired ? request.ExpiresAt : null),
        request is { Kind: RequestKind.Signing, Status: RequestStatus.Approved } ? RequestIds.GrantOf(request.Id) : null,
        request.Addition);

    private static ImmutableArray<VoteView> VotesIn(
        ApprovalRequestState request, int step, Func<CastBallot, bool> counts) =>
    [
        .. request.Ballots
            .Where(ballot => ballot.Step == step)
            .Select(ballot => new VoteView(
                ballot.UserId, ballot.UserName, ballot.Approved, ballot.Comment, ballot.At, counts(ballot))),
    ];
}

/// <summary>The facts that decisions about a request need besides the request. Immutable.</summary>
/// <param name="Approvers">The current approvers.</param>
/// <param name="Requester">The requester's current facts.</param>
/// <param name="Excluded">People who may not vote on their own request: the requester, or those who could act as it.</param>
/// <param name="ExclusionReadSet">The read set of the exclusion.</param>
public sealed record RequestFacts(
    ApproverFacts Approvers,
    PrincipalFacts Requester,
    ImmutableHashSet<string> Excluded,
    ImmutableArray<StateVersion> ExclusionReadSet);

/// <summary>Reads the facts about requests, uncached.</summary>
public sealed class RequestFactsReader(PrincipalFactsReader principals, ApproverFactsReader approvers)
{
    /// <summary>Facts about a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="voter">The person who wants to vote.</param>
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
