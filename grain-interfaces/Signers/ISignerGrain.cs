using System.Collections.Immutable;
using CodeSigning.Contract;
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

/// <summary>A signer to be made, on a certificate that is there or on one to be issued for it.</summary>
/// <param name="Name"><c>[a-z0-9][a-z0-9-]{0,31}</c>; never used again, also after deletion.</param>
/// <param name="Description">At most 256 characters.</param>
/// <param name="CertificateId">The certificate that it signs with.</param>
/// <param name="ApprovalPolicyId">The signing policy, or none.</param>
/// <param name="Members">Its members beside its creator, at most 100.</param>
/// <param name="CaId">In place of a certificate: the internal CA that is to issue one.</param>
/// <param name="CommonName">The issued certificate's common name.</param>
/// <param name="KeyAlgorithm">The issued certificate's kind of key.</param>
/// <param name="CertificateTtlDays">The issued certificate's life in days; 365 if not given.</param>
[GenerateSerializer, Immutable, Alias("codesigning.CreateSigner")]
public sealed record CreateSigner(
    [property: Id(0)] string Name,
    [property: Id(1)] string? Description = null,
    [property: Id(2)] string? CertificateId = null,
    [property: Id(3)] string? ApprovalPolicyId = null,
    [property: Id(4)] ImmutableArray<NewMember>? Members = null,
    [property: Id(5)] string? CaId = null,
    [property: Id(6)] string? CommonName = null,
    [property: Id(7)] string? KeyAlgorithm = null,
    [property: Id(8)] int? CertificateTtlDays = null);

/// <summary>What of a signer shall change; what is absent stays.</summary>
/// <param name="Name">The new name; the old one is not free again.</param>
/// <param name="CertificateId">The certificate that it signs with from now on.</param>
[GenerateSerializer, Immutable, Alias("codesigning.UpdateSigner")]
public sealed record UpdateSigner([property: Id(0)] string? Name = null, [property: Id(1)] string? CertificateId = null)
{
    /// <summary>The new description; null takes it away.</summary>
    [Id(2)]
    public OptionalText Description { get; init; }

    /// <summary>The policy from now on; null detaches.</summary>
    [Id(3)]
    public OptionalText ApprovalPolicyId { get; init; }
}

/// <summary>Switches a signer on or off.</summary>
/// <param name="Status"><c>active</c> or <c>disabled</c>.</param>
public sealed record ChangeSignerStatus(SignerStatus Status);
