using System.Collections.Immutable;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Approvals;

/// <summary>Reads who may approve by now.</summary>
public sealed class ApproverFactsReader(IGrainFactory grains)
{
    /// <summary>Reads all the groups of some steps, and as many of their people as can matter.</summary>
    /// <param name="steps">The steps.</param>
    /// <param name="people">People to look at in any case: those who vote or have voted.</param>
    /// <param name="excluded">People whose vote cannot count, so that others must be found.</param>
    /// <remarks>
    /// A step that has as many people as all steps together require is never the one that cannot be filled, so no more of
    /// a large group are read.
    /// </remarks>
    public async Task<ApproverFacts> ReadAsync(
        ImmutableArray<ApprovalStep> steps, IEnumerable<string> people, IReadOnlySet<string> excluded)
    {
        var users = ImmutableDictionary.CreateBuilder<string, PrincipalFacts>();
        foreach (var userId in people)
        {
            await ReadUserAsync(users, userId);
        }

        var groups = ImmutableDictionary.CreateBuilder<string, GroupFacts>();
        foreach (var approver in steps.SelectMany(step => step.Approvers).Where(one => one.Kind == PrincipalKind.Group))
        {
            if (!groups.ContainsKey(approver.Id))
            {
                groups[approver.Id] = await grains.GetGrain<IGroupGrain>(approver.Id).GetFactsAsync();
            }
        }

        var enough = steps.Sum(step => step.RequiredApprovals);
        foreach (var step in steps)
        {
            var found = 0;
            foreach (var userId in CandidatesOf(step, groups).Where(id => !excluded.Contains(id)))
            {
                if (await ReadUserAsync(users, userId) && ++found >= enough)
                {
                    break;
                }
            }
        }

        return new ApproverFacts(users.ToImmutable(), groups.ToImmutable());
    }

    private async Task<bool> ReadUserAsync(ImmutableDictionary<string, PrincipalFacts>.Builder users, string userId)
    {
        if (!users.TryGetValue(userId, out var facts))
        {
            facts = await grains.GetGrain<IUserGrain>(userId).GetFactsAsync();
            users[userId] = facts;
        }

        return facts is { Exists: true, Status: PrincipalStatus.Active };
    }

    private static IEnumerable<string> CandidatesOf(
        ApprovalStep step, ImmutableDictionary<string, GroupFacts>.Builder groups) => step.Approvers
        .SelectMany(approver => approver.Kind == PrincipalKind.Group
            ? groups[approver.Id].Members.Where(member => member.Kind == PrincipalKind.User).Select(member => member.Id)
            : [approver.Id])
        .Distinct(StringComparer.Ordinal);
}
