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
