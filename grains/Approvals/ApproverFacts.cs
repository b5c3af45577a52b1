using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Approvals;

/// <summary>Who may approve by today's people and groups, each with the version that was read. Immutable.</summary>
/// <param name="Users">The people who were looked at, by id.</param>
/// <param name="Groups">The groups among the approvers, by id.</param>
/// <param name="AskedAt">
/// When the request was made (UTC): who was given credentials by somebody else since then has no vote on it. Null where it
/// is about no request.
/// </param>
public sealed record ApproverFacts(
    ImmutableDictionary<string, PrincipalFacts> Users,
    ImmutableDictionary<string, GroupFacts> Groups,
    DateTimeOffset? AskedAt = null)
{
    /// <summary>The active people who may approve a step: named themselves, or in one of its groups.</summary>
    public IEnumerable<string> PeopleOf(ApprovalStep step) => step.Approvers
        .SelectMany(approver => approver.Kind == PrincipalKind.Group ? MembersOf(approver.Id) : [approver.Id])
        .Distinct(StringComparer.Ordinal)
        .Where(userId => IsActive(userId) && !HasComeLate(userId));

    /// <summary>Whether a person may approve a step.</summary>
    public bool Allow(ApprovalStep step, string userId) => BasisOf(step, userId) is not null;

    /// <summary>Whether an active person is an approver of a step, also if they have no vote on this request.</summary>
    public bool Names(ApprovalStep step, string userId) => NamedBy(step, userId) is not null;

    /// <summary>Whether somebody else gave a person their credentials after the request was made.</summary>
    public bool HasComeLate(string userId) =>
        Users.TryGetValue(userId, out var facts) && facts.VotesFrom is { } from && AskedAt <= from;

    /// <summary>What it rests on that a person may approve a step: the person, and the group that makes them one who may; null where they may not.</summary>
    public ImmutableArray<StateVersion>? BasisOf(ApprovalStep step, string userId) =>
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

/// <summary>Reads who may approve by now.</summary>
public sealed class ApproverFactsReader(IStateStore store)
{
    /// <summary>Reads all the groups of some steps, and as many of their people as can matter.</summary>
    /// <param name="steps">The steps.</param>
    /// <param name="people">People to look at in any case, beside those whom the steps name: those who vote or have voted.</param>
    /// <param name="excluded">People whose vote cannot count, so that others must be found.</param>
    /// <param name="askedAt">When the request was made (UTC); null where it is about none.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <remarks>
    /// A step that has as many people as all steps together require is never the one that cannot be filled, so no more of
    /// a large group are read.
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
            .ToImmutableDictionary(id => id, id => PrincipalFactsReader.GroupOf(rows, id));
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

/// <summary>Can people still be found for all that is open? Pure.</summary>
public static class Reachability
{
    /// <summary>Whether every step can be filled; a person may serve in several of them.</summary>
    public static bool CanFillEach(IEnumerable<OpenStep> steps) =>
        steps.All(step => step.Candidates.Count >= step.Required);

    /// <summary>
    /// Whether all steps can be filled with nobody in two of them: a matching of people and places, found by augmenting
    /// paths. Choosing step by step would not do: the first might take the only one whom the second has.
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

    /// <summary>Finds somebody for a place, moving those who hold other places where that helps.</summary>
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
