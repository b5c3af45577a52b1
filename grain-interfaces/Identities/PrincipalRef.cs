using CodeSigning.Identifiers;

namespace CodeSigning.Identities;

/// <summary>A reference to a person, a machine identity or a group.</summary>
/// <param name="Kind">The kind of principal.</param>
/// <param name="Id">Its id.</param>
[GenerateSerializer, Immutable, Alias("codesigning.PrincipalRef")]
public sealed record PrincipalRef([property: Id(0)] PrincipalKind Kind, [property: Id(1)] string Id)
{
    /// <summary>
    /// Its current name, in answers to people who may look it up. Requests may repeat it; it is ignored there, and never
    /// stored.
    /// </summary>
    [Id(2)]
    public string? Name { get; init; }

    /// <summary>Compares kind and id: the name identifies nobody.</summary>
    public bool Equals(PrincipalRef? other) => other is not null && other.Kind == Kind && other.Id == Id;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Id);

    /// <summary>The link key of stored states that refer to it: <c>user:usr_…</c>.</summary>
    public string ToLink() => Kind switch
    {
        PrincipalKind.User => "user:" + Id,
        PrincipalKind.Identity => "identity:" + Id,
        PrincipalKind.Group => "group:" + Id,
        _ => "system:" + Id,
    };

    /// <summary>
    /// Whether the id is well-formed for its kind. A malformed id refers to nobody and must not activate a grain.
    /// </summary>
    public bool IsWellFormed() => Kind switch
    {
        PrincipalKind.User => EntityId.Is(IdPrefixes.User, Id),
        PrincipalKind.Identity => EntityId.Is(IdPrefixes.Identity, Id),
        PrincipalKind.Group => EntityId.Is(IdPrefixes.Group, Id),
        _ => false,
    };
}

/// <summary>Kinds of principal. Written as <c>user</c>, <c>identity</c>, <c>group</c> and <c>system</c>.</summary>
public enum PrincipalKind
{
    /// <summary>A person.</summary>
    User = 1,

    /// <summary>A machine identity.</summary>
    Identity = 2,

    /// <summary>A group of people and machine identities; it never acts as a caller.</summary>
    Group = 3,

    /// <summary>The service itself, for example at an expiry or a recovery at start-up.</summary>
    System = 4,
}

/// <summary>The status of a principal. Written as <c>active</c> and <c>disabled</c>.</summary>
public enum PrincipalStatus
{
    /// <summary>It may act.</summary>
    Active = 1,

    /// <summary>It may not act; its tokens are invalid.</summary>
    Disabled = 2,
}

/// <summary>The role of a principal in the product. Written as <c>admin</c> and <c>member</c>.</summary>
public enum ProductRole
{
    /// <summary>Uses the signers it is a member of.</summary>
    Member = 1,

    /// <summary>
    /// Manages people, identities, certificates, policies and signers; the role gives no vote in approvals.
    /// </summary>
    Admin = 2,
}

/// <summary>The principal that acted, with its name at that time.</summary>
/// <param name="Kind">A person, a machine identity, or the system itself.</param>
/// <param name="Id">The principal's id.</param>
/// <param name="Name">Its name at that time.</param>
[GenerateSerializer, Immutable, Alias("codesigning.Actor")]
public sealed record Actor([property: Id(0)] PrincipalKind Kind, [property: Id(1)] string Id, [property: Id(2)] string Name);
