using CodeSigning.Identities;

namespace CodeSigning.Signers;

/// <summary>A member to be added.</summary>
/// <param name="Kind">A person, a machine identity or a group.</param>
/// <param name="Id">Its id.</param>
/// <param name="Role">What it may do with the signer.</param>
[GenerateSerializer, Immutable, Alias("codesigning.NewMember")]
public sealed record NewMember(
    [property: Id(0)] PrincipalKind Kind, [property: Id(1)] string Id, [property: Id(2)] SignerRole Role);
