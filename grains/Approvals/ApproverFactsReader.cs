using System.Collections.Immutable;
using CodeSigning.Grains.Identities.Principals;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Approvals;

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
