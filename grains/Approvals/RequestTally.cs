using System.Collections.Immutable;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Approvals;

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
