using CodeSigning.Identities;

namespace CodeSigning.Approvals;

/// <summary>The person whom a request asks to add to a group that approves.</summary>
/// <param name="GroupId">The group.</param>
/// <param name="GroupName">The group's name then.</param>
/// <param name="Member">The person.</param>
/// <param name="MemberName">The person's name then.</param>
[GenerateSerializer, Immutable, Alias("codesigning.GroupAddition")]
public sealed record GroupAddition(
    [property: Id(0)] string GroupId,
    [property: Id(1)] string GroupName,
    [property: Id(2)] PrincipalRef Member,
    [property: Id(3)] string MemberName);
