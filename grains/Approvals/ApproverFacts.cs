using System.Collections.Immutable;
using CodeSigning.Grains.Identities.Principals;
using CodeSigning.Identities;
using CodeSigning.Ledger;
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
