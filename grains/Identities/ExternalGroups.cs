using System.Collections.Immutable;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Keeps the members of groups that have a name at the identity provider: at each sign-in a person is put into those that
/// the groups claim names, and taken out of the others.
/// </summary>
public sealed class ExternalGroups(IStateStore store, TimeProvider time, ILogger<ExternalGroups> log)
{
    private const int MaxLength = 256;

    /// <summary>Whether a text can be a provider's name of a group.</summary>
    internal static bool IsName(string text) =>
        text.Length is > 0 and <= MaxLength && text == text.Trim() && DisplayText.IsVisible(text);

    /// <summary>The acts, each with its entry, that make a person's groups those of the claim.</summary>
    /// <param name="person">The person, as the entries name it.</param>
    /// <param name="claimed">The provider's names of the person's groups.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    internal async Task<ImmutableArray<LedgerElement>> FollowAsync(
        Caller person, ImmutableArray<string> claimed, CancellationToken cancellationToken)
    {
        var acts = ImmutableArray.CreateBuilder<LedgerElement>();
        await foreach (var group in store.ReadAllAsync<GroupState>(
            new StateQuery(StateTypes.Group, Statuses: [GroupState.ExternalStatus]), cancellationToken))
        {
            if (Follow(group, person, claimed) is { } act)
            {
                acts.Add(act);
            }
        }

        return acts.ToImmutable();
    }

    private LedgerElement? Follow(Row<GroupState> group, Caller person, ImmutableArray<string> claimed)
    {
        var member = person.ToRef();
        var isIn = group.State.Members.Contains(member);
        var isClaimed = group.State.ExternalName is { } name && claimed.Contains(name);
        if (isIn == isClaimed)
        {
            return null;
        }

        if (isClaimed && group.State.IsFull)
        {
            log.LogWarning("{UserId} is not put into the group {GroupId}, which is full", person.Id, group.Id);
            return null;
        }

        var (action, next, changes) = isClaimed
            ? ("group.addMember", group.State.With(member, person.Name), Changes.None.Adding("members", new GroupMemberView(member.Kind, member.Id, person.Name)))
            : ("group.removeMember", group.State with { Members = group.State.Members.Remove(member) }, Changes.None.Removing("members", member));
        return Change.By(person, action, StateTypes.Group, group.Id, changes.Saying("by", "groups claim"), time).Writing(group.Replace(next));
    }
}
