using CodeSigning.Identities;

namespace CodeSigning.Signers;

/// <summary>
/// A named signing identity; its key is its id. Its home changes one at a time what gives rights. What takes them away does
/// not ask the home, nor does a signature.
/// </summary>
/// <remarks>Everything here refuses with <see cref="Errors.RefusedException"/>: <c>NotFound</c> also to strangers.</remarks>
[Alias("codesigning.ISignerGrain")]
public interface ISignerGrain : IGrainWithStringKey
{
    /// <summary>Makes the signer; the caller becomes its administrator. Product administrators only.</summary>
    [Alias("Create")]
    Task<SignerView> CreateAsync(Caller caller, CreateSigner request, CancellationToken cancellationToken);

    /// <summary>Changes name, description, certificate or policy.</summary>
    [Alias("Update"), ResponseTimeout("00:00:06")]
    Task<SignerView> UpdateAsync(Caller caller, UpdateSigner request, CancellationToken cancellationToken);

    /// <summary>Switches the signer on.</summary>
    [Alias("Enable"), ResponseTimeout("00:00:06")]
    Task<SignerView> EnableAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>Adds a member; <c>Conflict</c> where it is one already.</summary>
    [Alias("AddMember"), ResponseTimeout("00:00:06")]
    Task<MemberView> AddMemberAsync(Caller caller, NewMember member, CancellationToken cancellationToken);

    /// <summary>Gives a member another role; the last administrator keeps it.</summary>
    [Alias("ChangeMember"), ResponseTimeout("00:00:06")]
    Task<MemberView> ChangeMemberAsync(Caller caller, string memberId, ChangeMember change, CancellationToken cancellationToken);
}
