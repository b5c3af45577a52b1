using System.Collections.Immutable;
using CodeSigning.Errors;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>A group as it is stored.</summary>
public sealed record GroupState : IIndexedState
{
    /// <summary>The most members that a group has.</summary>
    private const int MaxMembers = 1000;

    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>
    /// Its people and machine identities. One that was deleted may still stand here: it can do nothing, and its id is never
    /// another's.
    /// </summary>
    public ImmutableArray<PrincipalRef> Members { get; init; } = [];

    /// <summary>When it was made (UTC).</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <inheritdoc/>
    public StateIndex ToIndex() => new(Name: Name, Links: [.. Members.Select(member => member.ToLink())]);

    /// <summary>What entries record of the group, beside who comes and goes.</summary>
    internal object ToRecord() => new { Name };

    /// <summary>With one more member.</summary>
    /// <exception cref="RefusedException"><c>Conflict</c>: it is one already, or there are too many.</exception>
    internal GroupState With(PrincipalRef member) =>
        Members.Contains(member)
            ? throw new RefusedException(ErrorCode.Conflict, "It is a member of this group already.")
            : Members.Length < MaxMembers
                ? this with { Members = Members.Add(member) }
                : throw new RefusedException(ErrorCode.Conflict, $"A group has at most {MaxMembers} members.");

    /// <summary>All that may be seen of the group.</summary>
    internal GroupView ToView(string id) => new(id, Name, CreatedAt);

    /// <summary>What people may see of the group.</summary>
    internal GroupView ToName(string id) => new(id, Name);
}
