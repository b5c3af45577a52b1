using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Approvals;

/// <summary>The current approvers, with their versions. Immutable.</summary>
/// <param name="Users">The people read, by id.</param>
/// <param name="Groups">The groups among the approvers, by id.</param>
/// <param name="AskedAt">
/// When the request was created (UTC): a person whose credentials were set by others since then cannot vote on it. Null
/// without a request.
/// </param>
public sealed record ApproverFacts(
    ImmutableDictionary<string, PrincipalFacts> Users,
    ImmutableDictionary<string, GroupFacts> Groups,
    DateTimeOffset? AskedAt = null)
{
    /// <summary>The active people who may approve a step, listed directly or through a group.</summary>
    public IEnumerable<string> PeopleOf(ApprovalStep step) => step.Approvers
        .SelectMany(approver => approver.Kind == PrincipalKind.Group ? MembersOf(approver.Id) : [approver.Id])
        .Distinct(StringComparer.Ordinal)
        .Where(userId => IsActive(userId) && !HasComeLate(userId));

    /// <summary>Whether a person may approve a step.</summary>
    public bool Allow(ApprovalStep step, string userId) => ReadSetOf(step, userId) is not null;

    /// <summary>Whether an active person is an approver of a step, even if they cannot vote on this request.</summary>
    public bool Names(ApprovalStep step, string userId) => NamedBy(step, userId) is not null;

    /// <summary>Whether a person's credentials were set by others after the request was created.</summary>
    public bool HasComeLate(string userId) =>
        Users.TryGetValue(userId, out var facts) && facts.VotesFrom is { } from && AskedAt <= from;

    /// <summary>
    /// The read set of a person's eligibility for a step: the person and the group that makes them an approver; null if
    /// they are not eligible.
    /// </summary>
    public ImmutableArray<StateVersion>? ReadSetOf(ApprovalStep step, string userId) =>
        HasComeLate(userId) ? null : NamedBy(step, userId);

    private ImmutableArray<StateVersion>? NamedBy(ApprovalStep step, string userId)
    {
        if (!IsActive(userId))
        {
            return null;
        }

        var user = Users[userId].Version;
        if (step.Approvers.Contains(new PrincipalRef(PrincipalKind.User, userId)))
        {
            return [user];
        }

        foreach (var approver in step.Approvers)
        {
            if (approver.Kind == PrincipalKind.Group && MembersOf(approver.Id).Contains(userId))
            {
                return [user, Groups[approver.Id].Version];
            }
        }

        return null;
    }

    private bool IsActive(string userId) =>
        Users.TryGetValue(userId, out var facts) && facts is { Exists: true, Status: PrincipalStatus.Active };

    private IEnumerable<string> MembersOf(string groupId) => Groups.TryGetValue(groupId, out var group)
        ? group.Members.Where(member => member.Kind == PrincipalKind.User).Select(member => member.Id)
        : [];
}

/// <summary>Reads the current approvers.</summary>
public sealed class ApproverFactsReader(IStateStore store)
{
    /// <summary>Reads all groups of the steps, and as many of their members as can matter.</summary>
    /// <param name="steps">The steps.</param>
    /// <param name="people">People to read besides those listed in the steps: current and past voters.</param>
    /// <param name="excluded">People whose votes cannot count.</param>
    /// <param name="askedAt">When the request was created (UTC); null without a request.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <remarks>
    /// A step with as many candidates as all steps together require can always be filled, so no more members of a large
    /// group are read.
    /// </remarks>
    public async Task<ApproverFacts> ReadAsync(
        ImmutableArray<ApprovalStep> steps,
        IEnumerable<string> people,
        IReadOnlySet<string> excluded,
        DateTimeOffset? askedAt,
        CancellationToken cancellationToken)
    {
        var named = steps.SelectMany(step => step.Approvers).ToArray();
        string[] lookedAt =
        [
            .. named.Where(approver => approver.Kind == PrincipalKind.User).Select(approver => approver.Id).Concat(people).Distinct(),
        ];
        var rows = await StateRows.ReadAsync(
            store,
            named.Concat(lookedAt.Select(ToUser)).Select(PrincipalFactsReader.KeyOf),
            cancellationToken);
        var groups = named
            .Where(approver => approver.Kind == PrincipalKind.Group)
            .Select(approver => approver.Id)
            .Distinct(StringComparer.Ordinal)
            .ToImmutableDictionary(id => id, id => PrincipalFactsReader.VotersOf(rows, id));
        var users = ImmutableDictionary.CreateBuilder<string, PrincipalFacts>();
        Keep(lookedAt, rows);
        await ReadCandidatesAsync();
        return new ApproverFacts(users.ToImmutable(), groups, askedAt);

        async Task ReadCandidatesAsync()
        {
            var enough = steps.Sum(step => step.RequiredApprovals);
            while (true)
            {
                var unread = steps
                    .Where(step => new ApproverFacts(users.ToImmutable(), groups, askedAt).PeopleOf(step).Count(id => !excluded.Contains(id)) < enough)
                    .SelectMany(step => CandidatesOf(step, groups).Where(id => !users.ContainsKey(id) && !excluded.Contains(id)).Take(enough))
                    .ToHashSet();
                if (unread.Count == 0)
                {
                    return;
                }

                Keep(unread, await StateRows.ReadAsync(
                    store, unread.Select(ToUser).Select(PrincipalFactsReader.KeyOf), cancellationToken));
            }
        }

        void Keep(IEnumerable<string> ids, StateRows read)
        {
            foreach (var id in ids)
            {
                users[id] = PrincipalFactsReader.Of(read, ToUser(id));
            }
        }
    }

    private static PrincipalRef ToUser(string id) => new(PrincipalKind.User, id);

    private static IEnumerable<string> CandidatesOf(
        ApprovalStep step, ImmutableDictionary<string, GroupFacts> groups) => step.Approvers
        .Where(approver => approver.Kind == PrincipalKind.Group)
        .SelectMany(approver => groups[approver.Id].Members)
        .Where(member => member.Kind == PrincipalKind.User)
        .Select(member => member.Id)
        .Distinct(StringComparer.Ordinal);
}

/// <summary>Decides whether open steps can still be approved. Pure functions.</summary>
public static class Reachability
{
    /// <summary>Whether each step has enough candidates; a person may approve several steps.</summary>
    public static bool CanFillEach(IEnumerable<OpenStep> steps) =>
        steps.All(step => step.Candidates.Count >= step.Required);

    /// <summary>
    /// Whether all steps can be approved by distinct people: a bipartite matching of people and places by augmenting
    /// paths. A greedy choice would fail: the first step might take the only candidate of the second.
    /// </summary>
    public static bool CanFillTogether(IReadOnlyList<OpenStep> steps)
    {
        var places = steps.SelectMany((step, index) => Enumerable.Repeat(index, step.Required)).ToArray();
        var holder = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var place = 0; place < places.Length; place++)
        {
            if (!TryPlace(place, steps, places, holder, []))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Finds a candidate for a place, reassigning other places if necessary.</summary>
    private static bool TryPlace(
        int place, IReadOnlyList<OpenStep> steps, int[] places, Dictionary<string, int> holder, HashSet<string> asked)
    {
        foreach (var person in steps[places[place]].Candidates)
        {
            if (asked.Add(person)
                && (!holder.TryGetValue(person, out var held) || TryPlace(held, steps, places, holder, asked)))
            {
                holder[person] = place;
                return true;
            }
        }

        return false;
    }
}
