using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Grants;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Approvals;

/// <summary>
/// What may become of a request: one state in, the next one out, or a refusal. Pending is the only state that anything
/// follows. Pure.
/// </summary>
public static class RequestMachine
{
    private const int MaxComment = 1024;

    /// <summary>Where a request stands by the clock, whether or not a timer has run.</summary>
    public static RequestStatus StatusAt(this ApprovalRequestState request, DateTimeOffset now) =>
        request.Status == RequestStatus.Pending && now >= request.ExpiresAt ? RequestStatus.Expired : request.Status;

    /// <summary>Refuses what can be done to pending requests alone.</summary>
    public static void RequirePending(this ApprovalRequestState request, DateTimeOffset now)
    {
        var status = request.StatusAt(now);
        if (status != RequestStatus.Pending)
        {
            throw new RefusedException(
                ErrorCode.WrongState, $"The request is {status.ToString().ToLowerInvariant()} already. Make a new one.");
        }
    }

    /// <summary>One more approval; the request is approved if it was the last.</summary>
    public static ApprovalRequestState Approve(
        ApprovalRequestState request, RequestFacts facts, Actor voter, string? comment, DateTimeOffset now)
    {
        var next = Cast(request, facts, voter, comment, approves: true, now);
        var current = RequestTally.Of(next, facts).CurrentStep;
        return current == request.Policy.Steps.Length
            ? next with { CurrentStep = current, Status = RequestStatus.Approved, DecidedAt = now }
            : next with { CurrentStep = current };
    }

    /// <summary>A rejection: one is enough.</summary>
    public static ApprovalRequestState Reject(
        ApprovalRequestState request, RequestFacts facts, Actor voter, string? comment, DateTimeOffset now) =>
        string.IsNullOrWhiteSpace(comment)
            ? throw new RefusedException(ErrorCode.InvalidRequest, "Say in a comment why you reject it.")
            : Cast(request, facts, voter, comment, approves: false, now).End(RequestStatus.Rejected, now);

    /// <summary>Taken back.</summary>
    public static ApprovalRequestState Cancel(ApprovalRequestState request, DateTimeOffset now)
    {
        request.RequirePending(now);
        return request.End(RequestStatus.Cancelled, now);
    }

    /// <summary>Noted as expired, at the moment at which it was; null where there is nothing to note.</summary>
    public static ApprovalRequestState? Expire(ApprovalRequestState request, DateTimeOffset now) =>
        request.Status == RequestStatus.Pending && now >= request.ExpiresAt
            ? request.End(RequestStatus.Expired, request.ExpiresAt)
            : null;

    /// <summary>The grant that an approved request gives.</summary>
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
    /// Adds a ballot in the step that waits. Those that do not count by now are voided with it, so that the request can
    /// only ever be completed by a vote, and never because somebody came back into a group.
    /// </summary>
    private static ApprovalRequestState Cast(
        ApprovalRequestState request, RequestFacts facts, Actor voter, string? comment, bool approves, DateTimeOffset now)
    {
        request.RequirePending(now);
        RequireVoter(facts, voter);
        if (comment?.Length > MaxComment)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, $"A comment has at most {MaxComment} characters.");
        }

        var cleared = request with
        {
            Ballots =
            [
                .. request.Ballots.Select(ballot => RequestTally.Counts(request, facts, ballot) ? ballot : ballot with { IsVoid = true }),
            ],
        };
        var step = RequestTally.Of(cleared, facts).CurrentStep;
        RequireStep(cleared, facts, voter, step);
        return cleared with
        {
            Ballots = [.. cleared.Ballots, new CastBallot(step, voter.Id, voter.Name, approves, now, comment)],
        };
    }

    private static void RequireVoter(RequestFacts facts, Actor voter)
    {
        if (voter.Kind != PrincipalKind.User)
        {
            throw new RefusedException(ErrorCode.Forbidden, "Only people approve or reject.");
        }

        if (facts.Excluded.Contains(voter.Id))
        {
            throw new RefusedException(
                ErrorCode.SelfApproval,
                "The request is your own, or that of a machine identity that you can act as. Somebody else must decide it.");
        }
    }

    private static void RequireStep(ApprovalRequestState request, RequestFacts facts, Actor voter, int step)
    {
        if (facts.Approvers.HasComeLate(voter.Id) && facts.Approvers.Names(request.Policy.Steps[step], voter.Id))
        {
            throw new RefusedException(
                ErrorCode.Forbidden,
                "Your account was reset or enabled by somebody else after this request was made. Another approver must decide it, "
                + "or its requester make a new one.");
        }

        if (!facts.Approvers.Allow(request.Policy.Steps[step], voter.Id))
        {
            throw new RefusedException(
                ErrorCode.Forbidden, $"You are not an approver of step {step + 1}, which is the one that waits.");
        }

        var votes = request.Ballots.Where(ballot => ballot.UserId == voter.Id && !ballot.IsVoid).ToArray();
        if (votes.Any(ballot => ballot.Step == step))
        {
            throw new RefusedException(ErrorCode.AlreadyVoted, "You have voted in this step. It waits for somebody else.");
        }

        if (request.Policy.DistinctApproversAcrossSteps && votes.Length > 0)
        {
            throw new RefusedException(
                ErrorCode.AlreadyVoted, "You have voted in another step, and the policy wants other people in each.");
        }
    }
}

/// <summary>
/// The votes counted by today's people and groups. Every step is counted anew each time: an approver who was removed
/// takes the vote along, from a step that was complete too, so a grant rests on people who may approve when it is given.
/// </summary>
/// <param name="Counted">For each step the ballots that count.</param>
/// <param name="CurrentStep">The first step that is not filled; the number of steps where all are.</param>
/// <param name="CanBeFilled">Whether people are left to fill what is open.</param>
public sealed record RequestTally(
    ImmutableArray<ImmutableArray<CastBallot>> Counted, int CurrentStep, bool CanBeFilled)
{
    /// <summary>Counts. Pure.</summary>
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

    /// <summary>Whether a ballot is an approval that counts today.</summary>
    public static bool Counts(ApprovalRequestState request, RequestFacts facts, CastBallot ballot) =>
        ballot is { Approved: true, IsVoid: false }
        && !facts.Excluded.Contains(ballot.UserId)
        && facts.Approvers.Allow(request.Policy.Steps[ballot.Step], ballot.UserId);

    /// <summary>What it rests on that the counted ballots count.</summary>
    public ImmutableArray<StateVersion> BasisOf(ApprovalRequestState request, RequestFacts facts) =>
    [
        .. Counted
            .SelectMany(ballots => ballots)
            .SelectMany(ballot => facts.Approvers.BasisOf(request.Policy.Steps[ballot.Step], ballot.UserId) ?? [])
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
