using System.Collections.Immutable;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities.Groups;

/// <summary>A group as it is stored.</summary>
public sealed record GroupState : IIndexedState
{
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

    /// <summary>All that may be seen of the group.</summary>
    internal GroupView ToView(string id) => new(id, Name, CreatedAt);

    /// <summary>What people may see of the group.</summary>
    internal GroupView ToName(string id) => new(id, Name);
}
