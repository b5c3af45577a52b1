using CodeSigning.Identifiers;

namespace CodeSigning.Identities;

/// <summary>Points at a person, a machine identity or a group.</summary>
/// <param name="Kind">Which of these.</param>
/// <param name="Id">Its id.</param>
[GenerateSerializer, Immutable, Alias("codesigning.PrincipalRef")]
public sealed record PrincipalRef([property: Id(0)] PrincipalKind Kind, [property: Id(1)] string Id)
{
    /// <summary>The form in which stored states are linked to it: <c>user:usr_…</c>.</summary>
    public string ToLink() => Kind switch
    {
        PrincipalKind.User => "user:" + Id,
        PrincipalKind.Identity => "identity:" + Id,
        PrincipalKind.Group => "group:" + Id,
        _ => "system:" + Id,
    };

    /// <summary>Whether the id has the form of one of its kind. What has not names nobody, and no grain is to be looked for.</summary>
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

    /// <summary>A group of people and machine identities; it never acts itself.</summary>
    Group = 3,

    /// <summary>The service itself: an expiry, a recovery at start.</summary>
    System = 4,
}

/// <summary>Whether a principal may act. Written as <c>active</c> and <c>disabled</c>.</summary>
public enum PrincipalStatus
{
    /// <summary>It may.</summary>
    Active = 1,

    /// <summary>It may not; its tokens have ended.</summary>
    Disabled = 2,
}

/// <summary>What a principal may do in the whole product. Written as <c>admin</c> and <c>member</c>.</summary>
public enum ProductRole
{
    /// <summary>Takes part in the signers it is a member of.</summary>
    Member = 1,

    /// <summary>Manages people, identities, certificates, policies and signers; is not by that in anyone's vote.</summary>
    Admin = 2,
}

/// <summary>Who did it, under the name borne at that time.</summary>
/// <param name="Kind">A person, a machine identity, or the system itself.</param>
/// <param name="Id">The principal's id.</param>
/// <param name="Name">Its name then.</param>
[GenerateSerializer, Immutable, Alias("codesigning.Actor")]
public sealed record Actor([property: Id(0)] PrincipalKind Kind, [property: Id(1)] string Id, [property: Id(2)] string Name);
