using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Grants;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Approvals;

/// <summary>
/// State transitions of a request: return the next state or refuse. Only pending requests can change. Pure functions.
/// </summary>
public static class RequestMachine
{
    private const int MaxComment = 1024;

    /// <summary>The current status by the clock, whether or not a timer has fired.</summary>
    public static RequestStatus StatusAt(this ApprovalRequestState request, DateTimeOffset now) =>
        request.Status == RequestStatus.Pending && now >= request.ExpiresAt ? RequestStatus.Expired : request.Status;

    /// <summary>Refuses if the request is not pending.</summary>
    public static void RequirePending(this ApprovalRequestState request, DateTimeOffset now)
    {
        if (request.FindEnd(now) is { } ended)
        {
            throw ended;
        }
    }

    /// <summary>The refusal of a vote by this person now; null if the request waits for it.</summary>
    public static RefusedException? WhyNotVote(
        ApprovalRequestState request, RequestFacts facts, Actor voter, DateTimeOffset now)
    {
        var cleared = VoidUncounted(request, facts);
        return request.FindEnd(now) ?? WhyNoVoter(facts, voter) ?? WhyNotInStep(cleared, facts, voter, RequestTally.Of(cleared, facts).CurrentStep);
    }

    /// <summary>Adds an approval; the last one approves the request.</summary>
    public static ApprovalRequestState Approve(
        ApprovalRequestState request, RequestFacts facts, Actor voter, string? comment, DateTimeOffset now)
    {
        var next = Cast(request, facts, voter, comment, approves: true, now);
        var current = RequestTally.Of(next, facts).CurrentStep;
        return current == request.Policy.Steps.Length
            ? next with { CurrentStep = current, Status = RequestStatus.Approved, DecidedAt = now }
            : next with { CurrentStep = current };
    }

    /// <summary>Rejects the request; one rejection is enough.</summary>
    public static ApprovalRequestState Reject(
        ApprovalRequestState request, RequestFacts facts, Actor voter, string? comment, DateTimeOffset now) =>
        string.IsNullOrWhiteSpace(comment)
            ? throw new RefusedException(ErrorCode.InvalidRequest, "The field 'comment' is required for a rejection: give the reason.")
            : Cast(request, facts, voter, comment, approves: false, now).End(RequestStatus.Rejected, now);

    /// <summary>Cancels the request.</summary>
    public static ApprovalRequestState Cancel(ApprovalRequestState request, DateTimeOffset now)
    {
        request.RequirePending(now);
        return request.End(RequestStatus.Cancelled, now);
    }

    /// <summary>Marks the request as expired at its expiry; null if it is not pending or has not expired.</summary>
    public static ApprovalRequestState? Expire(ApprovalRequestState request, DateTimeOffset now) =>
        request.Status == RequestStatus.Pending && now >= request.ExpiresAt
            ? request.End(RequestStatus.Expired, request.ExpiresAt)
            : null;

    /// <summary>The grant of an approved request.</summary>
    public static GrantState ToGrant(ApprovalRequestState request, PrincipalRef approver, DateTimeOffset now)
    {
        var terms = new GrantTerms(
            request.RequestedSignings, request.WindowStart, request.WindowEnd, request.WindowDuration, request.Scope);
        var (start, end) = terms.WindowFrom(now);
        return new GrantState
        {
            Id = RequestIds.GrantOf(request.Id),
            SignerId = request.SignerId!,
            Grantee = new PrincipalRef(request.Requester.Kind, request.Requester.Id),
            CertificateThumbprint = request.CertificateThumbprint!,
            SignerGeneration = request.SignerGeneration,
            WindowStart = start,
            WindowEnd = end,
            MaxSignings = terms.MaxSignings,
            Scope = terms.Scope,
            RequestId = request.Id,
            Justification = request.Justification,
            CreatedAt = now,
            CreatedBy = approver,
        };
    }

    /// <summary>
    /// Adds a vote to the current step. Votes that no longer count are voided with it, so that only a vote can complete
    /// the request, never the return of a person to a group.
    /// </summary>
    private static ApprovalRequestState Cast(
        ApprovalRequestState request, RequestFacts facts, Actor voter, string? comment, bool approves, DateTimeOffset now)
    {
        if (WhyNotVote(request, facts, voter, now) is { } refusal)
        {
            throw refusal;
        }

        if (comment?.Length > MaxComment)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, $"The field 'comment' is invalid: expected at most {MaxComment} characters.");
        }

        var cleared = VoidUncounted(request, facts);
        var step = RequestTally.Of(cleared, facts).CurrentStep;
        return cleared with
        {
            Ballots = [.. cleared.Ballots, new CastBallot(step, voter.Id, voter.Name, approves, now, comment)],
        };
    }

    private static ApprovalRequestState VoidUncounted(ApprovalRequestState request, RequestFacts facts) => request with
    {
        Ballots =
        [
            .. request.Ballots.Select(ballot => RequestTally.Counts(request, facts, ballot) ? ballot : ballot with { IsVoid = true }),
        ],
    };

    private static RefusedException? FindEnd(this ApprovalRequestState request, DateTimeOffset now)
    {
        var status = request.StatusAt(now);
        return status == RequestStatus.Pending
            ? null
            : new RefusedException(
                ErrorCode.WrongState, $"The request is already {status.ToString().ToLowerInvariant()}: create a new one.");
    }

    private static RefusedException? WhyNoVoter(RequestFacts facts, Actor voter)
    {
        if (voter.Kind != PrincipalKind.User)
        {
            return new RefusedException(ErrorCode.Forbidden, "Machine identities cannot approve or reject requests.");
        }

        return facts.Excluded.Contains(voter.Id)
            ? new RefusedException(
                ErrorCode.SelfApproval,
                "The request is your own or that of a machine identity that you could act as: another approver must decide it.")
            : null;
    }

    private static RefusedException? WhyNotInStep(ApprovalRequestState request, RequestFacts facts, Actor voter, int step)
    {
        if (facts.Approvers.HasComeLate(voter.Id) && facts.Approvers.Names(request.Policy.Steps[step], voter.Id))
        {
            return new RefusedException(
                ErrorCode.Forbidden,
                "Your account was reset or enabled by another user after this request was created: another approver must decide it, "
                + "or the requester must create a new one.");
        }

        if (!facts.Approvers.Allow(request.Policy.Steps[step], voter.Id))
        {
            return new RefusedException(
                ErrorCode.Forbidden, $"You are not an approver of the current step, step {step + 1} of {request.Policy.Steps.Length}.");
        }

        var votes = request.Ballots.Where(ballot => ballot.UserId == voter.Id && !ballot.IsVoid).ToArray();
        if (votes.Any(ballot => ballot.Step == step))
        {
            return new RefusedException(ErrorCode.AlreadyVoted, "You have already voted in this step: another approver must vote.");
        }

        return request.Policy.DistinctApproversAcrossSteps && votes.Length > 0
            ? new RefusedException(
                ErrorCode.AlreadyVoted, "You have already voted in another step: the policy requires distinct approvers in each step.")
            : null;
    }
}

/// <summary>
/// The votes counted by the current people and groups. Every step is recounted each time: if an approver is removed,
/// the vote no longer counts, even in a complete step, so that a grant always depends on currently eligible approvers.
/// </summary>
/// <param name="Counted">The votes that count, by step.</param>
/// <param name="CurrentStep">The first incomplete step; the number of steps if all are complete.</param>
/// <param name="CanBeFilled">Whether the open steps can still be approved.</param>
public sealed record RequestTally(
    ImmutableArray<ImmutableArray<CastBallot>> Counted, int CurrentStep, bool CanBeFilled)
{
    /// <summary>Counts the votes. Pure function.</summary>
    public static RequestTally Of(ApprovalRequestState request, RequestFacts facts)
    {
        var steps = request.Policy.Steps;
        ImmutableArray<ImmutableArray<CastBallot>> counted =
        [
            .. steps.Select((step, index) => request.Ballots
                .Where(ballot => ballot.Step == index && Counts(request, facts, ballot))
                .DistinctBy(ballot => ballot.UserId, StringComparer.Ordinal)
                .ToImmutableArray()),
        ];
        var current = 0;
        while (current < steps.Length && counted[current].Length >= steps[current].RequiredApprovals)
        {
            current++;
        }

        return new RequestTally(counted, current, CanFill(request, facts, counted));
    }

    /// <summary>Whether a vote is an approval that currently counts.</summary>
    public static bool Counts(ApprovalRequestState request, RequestFacts facts, CastBallot ballot) =>
        ballot is { Approved: true, IsVoid: false }
        && !facts.Excluded.Contains(ballot.UserId)
        && facts.Approvers.Allow(request.Policy.Steps[ballot.Step], ballot.UserId);

    /// <summary>The read set of the counted votes.</summary>
    public ImmutableArray<StateVersion> ReadSetOf(ApprovalRequestState request, RequestFacts facts) =>
    [
        .. Counted
            .SelectMany(ballots => ballots)
            .SelectMany(ballot => facts.Approvers.ReadSetOf(request.Policy.Steps[ballot.Step], ballot.UserId) ?? [])
            .Distinct(),
    ];

    private static bool CanFill(
        ApprovalRequestState request, RequestFacts facts, ImmutableArray<ImmutableArray<CastBallot>> counted)
    {
        var open = request.Policy.Steps
            .Select((step, index) => new OpenStep(
                Math.Max(0, step.RequiredApprovals - counted[index].Length),
                [.. facts.Approvers.PeopleOf(step).Where(userId => MayStillVote(request, facts, counted, index, userId))]))
            .ToArray();
        return request.Policy.DistinctApproversAcrossSteps
            ? Reachability.CanFillTogether(open)
            : Reachability.CanFillEach(open);
    }

    private static bool MayStillVote(
        ApprovalRequestState request,
        RequestFacts facts,
        ImmutableArray<ImmutableArray<CastBallot>> counted,
        int step,
        string userId) =>
        !facts.Excluded.Contains(userId)
        && !counted
            .Where((_, index) => index == step || request.Policy.DistinctApproversAcrossSteps)
            .Any(ballots => ballots.Any(ballot => ballot.UserId == userId));
}
