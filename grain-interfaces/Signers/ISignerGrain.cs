using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Identities;

namespace CodeSigning.Signers;

/// <summary>
/// A named signing identity; the grain key is its id. The grain serializes changes that give rights. Changes that take
/// rights away, and signatures, do not go through it.
/// </summary>
/// <remarks>
/// Every method refuses with <see cref="Errors.RefusedException"/>; callers who may not see the signer get
/// <c>NotFound</c>.
/// </remarks>
[Alias("codesigning.ISignerGrain")]
public interface ISignerGrain : IGrainWithStringKey
{
    /// <summary>Creates the signer; the caller becomes its administrator. Product administrators only.</summary>
    [Alias("Create")]
    Task<SignerView> CreateAsync(Caller caller, CreateSigner request, CancellationToken cancellationToken);

    /// <summary>Changes name, description, certificate, policy or whether it is public.</summary>
    [Alias("Update"), ResponseTimeout("00:00:06")]
    Task<SignerView> UpdateAsync(Caller caller, UpdateSigner request, CancellationToken cancellationToken);

    /// <summary>Enables the signer.</summary>
    [Alias("Enable"), ResponseTimeout("00:00:06")]
    Task<SignerView> EnableAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>Adds a member; <c>Conflict</c> if it is a member already.</summary>
    [Alias("AddMember"), ResponseTimeout("00:00:06")]
    Task<MemberView> AddMemberAsync(Caller caller, NewMember member, CancellationToken cancellationToken);

    /// <summary>Changes a member's role; the last administrator cannot lose that role.</summary>
    [Alias("ChangeMember"), ResponseTimeout("00:00:06")]
    Task<MemberView> ChangeMemberAsync(Caller caller, string memberId, ChangeMember change, CancellationToken cancellationToken);
}

/// <summary>The body that creates a signer with an existing certificate or with one to be issued.</summary>
/// <param name="Name"><c>[a-z0-9][a-z0-9-]{0,31}</c>; never reusable, not even after deletion.</param>
/// <param name="Description">At most 256 characters.</param>
/// <param name="CertificateId">The certificate that it signs with.</param>
/// <param name="ApprovalPolicyId">The signing policy's id or name; none if not given.</param>
/// <param name="Members">Its members besides its creator, at most 100.</param>
/// <param name="CaId">The id or common name of the internal CA that issues the certificate, instead of an existing certificate.</param>
/// <param name="CommonName">The issued certificate's common name.</param>
/// <param name="KeyAlgorithm">The issued certificate's key algorithm.</param>
/// <param name="CertificateTtlDays">The issued certificate's validity in days; defaults to 365.</param>
/// <param name="Custody">Where the issued certificate's key is made: <c>software</c> (the default) or the name of an HSM.</param>
/// <param name="Public">
/// Whether it is for publicly trusted code signing: its certificate must conform to the CA/Browser Forum's rules, and its key
/// must be in an HSM.
/// </param>
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
    [property: Id(8)] int? CertificateTtlDays = null,
    [property: Id(9)] string? Custody = null,
    [property: Id(10)] bool Public = false);

/// <summary>The body that changes a signer; absent members stay unchanged.</summary>
/// <param name="Name">The new name; the old name stays reserved.</param>
/// <param name="CertificateId">The new certificate.</param>
[GenerateSerializer, Immutable, Alias("codesigning.UpdateSigner")]
public sealed record UpdateSigner([property: Id(0)] string? Name = null, [property: Id(1)] string? CertificateId = null)
{
    /// <summary>The new description; null removes it.</summary>
    [Id(2)]
    public OptionalText Description { get; init; }

    /// <summary>The new policy's id or name; null detaches the current one.</summary>
    [Id(3)]
    public OptionalText ApprovalPolicyId { get; init; }

    /// <summary>Whether it is for publicly trusted code signing. Changed by product administrators only.</summary>
    [Id(4)]
    public bool? Public { get; init; }
}

/// <summary>The body that enables or disables a signer.</summary>
/// <param name="Status"><c>active</c> or <c>disabled</c>.</param>
public sealed record ChangeSignerStatus([property: Offers(SignerStatus.Active, SignerStatus.Disabled)] SignerStatus Status);
