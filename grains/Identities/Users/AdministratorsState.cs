using System.Collections.Immutable;

namespace CodeSigning.Grains.Identities.Users;

/// <summary>The one row that <see cref="AdministratorRegister"/> keeps.</summary>
internal sealed record AdministratorsState
{
    /// <summary>The ids of the people who are active administrators.</summary>
    public ImmutableSortedSet<string> UserIds { get; init; } = [];
}
