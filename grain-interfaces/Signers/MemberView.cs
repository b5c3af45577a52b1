using CodeSigning.Identities;

namespace CodeSigning.Signers;

/// <summary>A member of a signer.</summary>
/// <param name="MemberId">The membership's id.</param>
/// <param name="Kind">A person, a machine identity or a group.</param>
/// <param name="Id">Its id.</param>
/// <param name="Role">What it may do with the signer.</param>
[GenerateSerializer, Immutable, Alias("codesigning.MemberView")]
public sealed record MemberView(
    [property: Id(0)] string MemberId,
    [property: Id(1)] PrincipalKind Kind,
    [property: Id(2)] string Id,
    [property: Id(3)] SignerRole Role);
