using System.Collections.Immutable;
using CodeSigning.Errors;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>A group as it is stored.</summary>
public sealed record GroupState : IIndexedState
{
    /// <summary>The status by which groups with an external name are listed.</summary>
    internal const string ExternalStatus = "external";

    /// <summary>The maximum number of members.</summary>
    private const int MaxMembers = 1000;

    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>
    /// Its people and machine identities. A deleted principal may remain here: it has no rights, and its id is never
    /// reused.
    /// </summary>
    public ImmutableArray<PrincipalRef> Members { get; init; } = [];

    /// <summary>The identity provider's name of the group whose people are in this one; null for a group of this server.</summary>
    public string? ExternalName { get; init; }

    /// <summary>Whether people whom the identity provider put into the group may approve through it.</summary>
    public bool MayApprove { get; init; }

    /// <summary>When it was created (UTC).</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <inheritdoc/>
    public StateIndex ToIndex() => new(
        Name: Name, Status: ExternalName is null ? null : ExternalStatus, Links: [.. Members.Select(member => member.ToLink())]);

    /// <summary>
    /// The members who vote through the group: nobody whom the identity provider put into it, unless it is marked for that.
    /// </summary>
    public ImmutableArray<PrincipalRef> Voters =>
        ExternalName is null || MayApprove ? Members : Members.RemoveAll(member => member.Kind == PrincipalKind.User);

    /// <summary>Whether the group has people in it.</summary>
    internal bool HasPeople => Members.Any(member => member.Kind == PrincipalKind.User);

    /// <summary>Whether the group has as many members as it can have.</summary>
    internal bool IsFull => Members.Length >= MaxMembers;

    /// <summary>The part of the group that ledger entries record, besides changes of members.</summary>
    internal object ToRecord() => ExternalName is null ? new { Name } : new { Name, ExternalName, MayApprove };

    /// <summary>The group with one more member.</summary>
    /// <exception cref="RefusedException"><c>Conflict</c>: it is a member already, or the group is full.</exception>
    internal GroupState With(PrincipalRef member, string memberName) =>
        Members.Contains(member)
            ? throw new RefusedException(ErrorCode.Conflict, $"'{memberName}' ({member.Id}) is already a member of the group '{Name}'.")
            : Members.Length < MaxMembers
                ? this with { Members = Members.Add(member) }
                : throw new RefusedException(ErrorCode.Conflict, $"The group '{Name}' has {MaxMembers} members, the most that a group can have: remove one first.");

    /// <summary>The group as product administrators see it.</summary>
    internal GroupView ToView(string id) =>
        new(id, Name, CreatedAt, ExternalName, ExternalName is null ? null : MayApprove);

    /// <summary>The group as other people see it.</summary>
    internal GroupView ToName(string id) => new(id, Name);
}
