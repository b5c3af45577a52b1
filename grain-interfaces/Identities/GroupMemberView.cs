namespace CodeSigning.Identities;

/// <summary>A member of a group.</summary>
/// <param name="Kind">A person or a machine identity.</param>
/// <param name="Id">Its id, which also names the membership.</param>
/// <param name="Name">Its name.</param>
[GenerateSerializer, Immutable, Alias("codesigning.GroupMemberView")]
public sealed record GroupMemberView(
    [property: Id(0)] PrincipalKind Kind, [property: Id(1)] string Id, [property: Id(2)] string Name);
