using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Approvals;

/// <summary>Views of requests. Pure functions.</summary>
public static class RequestViews
{
    /// <summary>The view by the current time, people and groups.</summary>
    public static RequestView ToView(
        this ApprovalRequestState request, RequestFacts facts, DateTimeOffset now, RequestNames? names = null)
    {
        var status = request.StatusAt(now);
        var isOpen = status == RequestStatus.Pending;
        var tally = RequestTally.Of(request, facts);
        return ToView(
            request,
            status,
            isOpen ? tally.CurrentStep : request.CurrentStep,
            isOpen && !tally.CanBeFilled,
            ballot => isOpen ? !ballot.Approved || RequestTally.Counts(request, facts, ballot) : !ballot.IsVoid,
            names);
    }

    /// <summary>The view by the current time, with votes as last counted; for lists.</summary>
    public static RequestView ToListedView(this ApprovalRequestState request, DateTimeOffset now, RequestNames? names = null)
    {
        var status = request.StatusAt(now);
        return ToView(
            request,
            status,
            request.CurrentStep,
            status == RequestStatus.Pending && request.IsUnreachable,
            ballot => !ballot.IsVoid,
            names);
    }

    private static RequestView ToView(
        ApprovalRequestState request,
        RequestStatus status,
        int currentStep,
        bool isUnreachable,
        Func<CastBallot, bool> counts,
        RequestNames? names) => new(
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
        names is null ? request.Change : names.Show(request.Change),
        [.. request.Policy.Steps.Select((step, index) => new StepView(
            step.Name,
            names is null ? step.Approvers : names.Show(step).Approvers,
            step.RequiredApprovals,
            index < currentStep,
            VotesIn(request, index, counts),
            index + 1))],
        currentStep,
        isUnreachable,
        request.CertificateThumbprint,
        request.CreatedAt,
        request.ExpiresAt,
        request.DecidedAt ?? (status == RequestStatus.Expired ? request.ExpiresAt : null),
        request is { Kind: RequestKind.Signing, Status: RequestStatus.Approved } ? RequestIds.GrantOf(request.Id) : null,
        request.Addition,
        names?.Policies.Find(request.PolicyId),
        currentStep < request.Policy.Steps.Length ? currentStep + 1 : null,
        request.Policy.SecondFactorWithin);

    private static ImmutableArray<VoteView> VotesIn(
        ApprovalRequestState request, int step, Func<CastBallot, bool> counts) =>
    [
        .. request.Ballots
            .Where(ballot => ballot.Step == step)
            .Select(ballot => new VoteView(
                ballot.UserId, ballot.UserName, ballot.Approved, ballot.Comment, ballot.At, counts(ballot))),
    ];
}

/// <summary>The names to show beside the ids in requests. Immutable.</summary>
/// <param name="Principals">The names of approvers.</param>
/// <param name="Policies">The names of policies.</param>
public sealed record RequestNames(PrincipalNames Principals, PolicyNames Policies)
{
    /// <summary>Reads the names that the caller may see.</summary>
    public static async Task<RequestNames> ReadAsync(
        IStateStore store, Caller caller, IReadOnlyCollection<ApprovalRequestState> requests, CancellationToken cancellationToken)
    {
        var steps = requests.SelectMany(request => request.Policy.Steps.Concat(request.Change?.NewDefinition?.Steps ?? []));
        var policies = requests.SelectMany(request => new[] { request.PolicyId, request.Change?.PolicyId, request.Change?.NewPolicyId });
        return new RequestNames(
            await PrincipalNames.ReadAsync(store, caller, steps.SelectMany(step => step.Approvers), cancellationToken),
            await PolicyNames.ReadAsync(store, caller, policies, cancellationToken));
    }

    /// <summary>A step with the names of its approvers.</summary>
    public ApprovalStep Show(ApprovalStep step) => step with { Approvers = [.. step.Approvers.Select(Principals.Show)] };

    /// <summary>A policy change with the names of policies and approvers.</summary>
    public PolicyChange? Show(PolicyChange? change) => change is null ? null : change with
    {
        NewDefinition = change.NewDefinition is { } next ? next with { Steps = [.. next.Steps.Select(Show)] } : null,
        PolicyName = Policies.Find(change.PolicyId),
        NewPolicyName = Policies.Find(change.NewPolicyId),
    };
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
