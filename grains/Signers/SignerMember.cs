using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Signers;

/// <summary>A membership as it is stored with its signer.</summary>
/// <param name="MemberId">The membership's id.</param>
/// <param name="Principal">Who.</param>
/// <param name="Role">What they may do.</param>
public sealed record SignerMember(
    string MemberId, PrincipalRef Principal, SignerRole Role)
{
    /// <summary>The membership as its readers see it.</summary>
    public MemberView ToView() => new(MemberId, Principal.Kind, Principal.Id, Role);
}
