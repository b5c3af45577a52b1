using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Certificates;

/// <summary>A stored code-signing certificate. Its methods return the next state, or refuse.</summary>
public sealed record CertificateState : IIndexedState
{
    /// <summary>Its id.</summary>
    public string Id { get; init; } = "";

    /// <summary>
    /// Its subject (RFC 4514); the subject of the request until the external CA has issued the certificate.
    /// </summary>
    public string Subject { get; init; } = "";

    /// <summary>The id of the key in the vault.</summary>
    public string KeyId { get; init; } = "";

    /// <summary>The key algorithm.</summary>
    public KeyAlgorithm KeyAlgorithm { get; init; } = KeyAlgorithm.Rsa3072;

    /// <summary>The public key as DER (SubjectPublicKeyInfo).</summary>
    public ReadOnlyMemory<byte> PublicKey { get; init; }

    /// <summary>The internal CA that issued it; null for an external one.</summary>
    public string? CaId { get; init; }

    /// <summary>The HSM that has the key; null for software.</summary>
    public string? Custody { get; init; }

    /// <summary>The state of its key.</summary>
    public KeyState KeyState { get; init; } = KeyState.Active;

    /// <summary>A destruction of the key that was asked for and not confirmed yet, or null.</summary>
    public KeyDestruction? Destruction { get; init; }

    /// <summary>How it is renewed before it expires; null if it is not.</summary>
    public RenewalTerms? Renewal { get; init; }

    /// <summary>The certificate that renewed it, or null.</summary>
    public string? RenewedBy { get; init; }

    /// <summary>What the tools of its key's token attested, oldest first.</summary>
    public ImmutableArray<KeyAttestation> Attestations { get; init; } = [];

    /// <summary>Its stage.</summary>
    public CertificateStage Stage { get; init; } = new CertificateStage.Awaiting("");

    /// <summary>When it was created or imported (UTC).</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who created or imported it.</summary>
    public PrincipalRef CreatedBy { get; init; } = Caller.System.ToRef();

    /// <summary>The certificate; null if not yet issued by the external CA.</summary>
    [JsonIgnore]
    public ChainedCertificate? Issued => Stage switch
    {
        CertificateStage.Active active => active.Certificate,
        CertificateStage.Revoked revoked => revoked.Certificate,
        _ => null,
    };

    /// <summary>When and why it was revoked, or null.</summary>
    [JsonIgnore]
    public Revocation? Revocation => (Stage as CertificateStage.Revoked)?.Revocation;

    /// <summary>The state with the certificate issued by the external CA; the caller has verified its key.</summary>
    /// <exception cref="RefusedException"><c>WrongState</c>: the certificate is already installed.</exception>
    public CertificateState Install(string subject, ChainedCertificate certificate) => Stage is CertificateStage.Awaiting
        ? this with { Subject = subject, Stage = new CertificateStage.Active(certificate) }
        : throw new RefusedException(
            ErrorCode.WrongState, "The certificate is already installed: for another certificate, create a new request (CSR) with a new key.");

    /// <summary>
    /// The state with other CA certificates above the same certificate, such as the current one of a CA whose certificate
    /// expires; the caller has verified that they are above it.
    /// </summary>
    /// <exception cref="RefusedException"><c>WrongState</c>: the certificate is revoked.</exception>
    public CertificateState ReplaceChain(ChainedCertificate certificate) => Stage is CertificateStage.Active
        ? this with { Stage = new CertificateStage.Active(certificate) }
        : throw new RefusedException(ErrorCode.WrongState, "The certificate is revoked: its chain stays as it is.");

    /// <summary>The revoked state of the certificate.</summary>
    /// <exception cref="RefusedException"><c>WrongState</c>: it is already revoked, or not yet issued.</exception>
    public CertificateState Revoke(Revocation revocation) => Stage switch
    {
        CertificateStage.Active active => this with { Stage = new CertificateStage.Revoked(active.Certificate, revocation) },
        CertificateStage.Revoked => throw new RefusedException(ErrorCode.WrongState, "The certificate is already revoked."),
        _ => throw new RefusedException(
            ErrorCode.WrongState, "Certificate not yet issued by the external CA: there is nothing to revoke."),
    };

    /// <summary>The certificate after a change of its key's state; a compromised key's certificate is revoked.</summary>
    /// <exception cref="RefusedException"><c>WrongState</c>: the key cannot change so.</exception>
    public CertificateState ChangeKey(KeyState next, DateTimeOffset now) => (KeyState, next) switch
    {
        (_, KeyState.Destroyed) => throw new RefusedException(
            ErrorCode.InvalidRequest, "The field 'state' is invalid: expected active, suspended or compromised; the destruction of a key takes two administrators."),
        (KeyState.Compromised or KeyState.Destroyed, _) => throw new RefusedException(
            ErrorCode.WrongState, "The key is compromised or destroyed, which is for good: use another key."),
        (_, KeyState.Compromised) when Stage is CertificateStage.Active active => this with
        {
            KeyState = next,
            Stage = new CertificateStage.Revoked(active.Certificate, new Revocation(now, RevocationReason.KeyCompromise)),
        },
        _ => this with { KeyState = next },
    };

    /// <summary>The certificate with a request for the destruction of its key.</summary>
    /// <exception cref="RefusedException"><c>WrongState</c>: it was asked for already, or the key is destroyed.</exception>
    public CertificateState RequestDestruction(KeyDestruction destruction) => KeyState != KeyState.Destroyed && Destruction is null
        ? this with { Destruction = destruction }
        : throw new RefusedException(ErrorCode.WrongState, "The key is destroyed, or its destruction was asked for already.");

    /// <summary>The certificate without the request for the destruction of its key.</summary>
    /// <exception cref="RefusedException"><c>WrongState</c>: nobody asked for it.</exception>
    public CertificateState WithdrawDestruction() => RequireDestruction() with { Destruction = null };

    /// <summary>The certificate without its key, on the word of a second administrator.</summary>
    /// <exception cref="RefusedException">
    /// <c>WrongState</c>: nobody asked for it; <c>SelfApproval</c>: the same administrator did.
    /// </exception>
    public CertificateState Destroy(string administratorId) => RequireDestruction().Destruction!.RequestedBy.Id != administratorId
        ? this with { KeyState = KeyState.Destroyed, Destruction = null }
        : throw new RefusedException(ErrorCode.SelfApproval, "You asked for this destruction: another administrator confirms it.");

    private CertificateState RequireDestruction() => Destruction is not null
        ? this
        : throw new RefusedException(ErrorCode.WrongState, "Nobody asked for the destruction of the key.");

    /// <summary>The certificate with another attestation.</summary>
    /// <exception cref="RefusedException">
    /// <c>WrongState</c>: the key is in software, or has too many; <c>Conflict</c>: the same file is attached already.
    /// </exception>
    public CertificateState Attach(KeyAttestation attestation)
    {
        if (Custody is null)
        {
            throw new RefusedException(
                ErrorCode.WrongState, "The key is in software, which no token attests: attach attestations to certificates of keys in an HSM.");
        }

        if (Attestations.FirstOrDefault(present => present.Sha256 == attestation.Sha256) is { } same)
        {
            throw new RefusedException(ErrorCode.Conflict, $"The same file is attached already, as {same.Id}.");
        }

        return Attestations.Length < CertificateAttestations.MostAttestations
            ? this with { Attestations = Attestations.Add(attestation) }
            : throw new RefusedException(
                ErrorCode.WrongState, $"The certificate has {CertificateAttestations.MostAttestations} attestations, which is the most: put several files into one.");
    }

    /// <summary>
    /// The time in which it can sign: its own validity and, where external CAs are above it, theirs. Internal CAs are states
    /// of their own (<see cref="IssuerLine"/>). Null if not yet issued.
    /// </summary>
    [JsonIgnore]
    public Validity? Usable => Issued is not { } issued ? null
        : CaId is null ? Validity.WithChain(issued)
        : Validity.Of(issued);

    /// <summary>Its status at a time, given whether a CA above it is revoked.</summary>
    public CertificateStatus StatusAt(DateTimeOffset now, bool isIssuerRevoked) => Stage switch
    {
        CertificateStage.Awaiting => CertificateStatus.Awaiting,
        CertificateStage.Active when isIssuerRevoked => CertificateStatus.Revoked,
        CertificateStage.Active => now < Usable!.Value.NotAfter ? CertificateStatus.Active : CertificateStatus.Expired,
        _ => CertificateStatus.Revoked,
    };

    /// <summary>The part of the certificate that ledger entries record.</summary>
    public object ToRecord() => new
    {
        Subject,
        KeyAlgorithm = KeyAlgorithm.ToWireName(),
        CaId,
        Custody,
        KeyState = KeyState == KeyState.Active ? null : KeyState.ToString(),
        Destruction = Destruction?.Reason,
        RenewalDays = Renewal?.DaysBefore,
        RenewalKey = Renewal?.Key.ToString(),
        RenewedBy,
        Stage = CertificateWords.ToWord(Stage),
        Issued?.SerialNumber,
        Issued?.Thumbprint,
        Issued?.NotAfter,
        ChainHash = Issued is { ChainPem.Length: > 0, ChainPem: var chain } && CaId is null
            ? Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(chain)))
            : null,
        Revocation?.Reason,
        Attestations = Attestations.IsEmpty
            ? null
            : Attestations.ToDictionary(one => one.Id, one => new { one.FileName, one.MediaType, one.Length, one.Sha256 }),
    };

    /// <inheritdoc/>
    /// <remarks>The thumbprint is the unique name, so that a revoked certificate cannot be imported a second time.</remarks>
    public StateIndex ToIndex() => new(
        Name: Issued?.Thumbprint, Parent: CaId, Status: CertificateWords.ToWord(Stage), Until: Issued?.NotAfter);
}

/// <summary>A destruction of a key that a second administrator has not confirmed yet.</summary>
/// <param name="RequestedAt">When it was asked for (UTC).</param>
/// <param name="RequestedBy">Who asked.</param>
/// <param name="Reason">Why.</param>
public sealed record KeyDestruction(DateTimeOffset RequestedAt, PrincipalRef RequestedBy, string Reason)
{
    /// <summary>As administrators see it.</summary>
    public KeyDestructionView ToView() => new(RequestedAt, RequestedBy.Id, Reason);
}

/// <summary>How a certificate of an internal CA is renewed.</summary>
/// <param name="DaysBefore">How many days before its end.</param>
/// <param name="Key">Which key the renewed certificate has.</param>
public sealed record RenewalTerms(int DaysBefore, RenewalKey Key);

/// <summary>The stage of a certificate: awaiting, then active, then revoked, never back.</summary>
[JsonDerivedType(typeof(Awaiting), "awaiting")]
[JsonDerivedType(typeof(Active), "active")]
[JsonDerivedType(typeof(Revoked), "revoked")]
public abstract record CertificateStage
{
    private CertificateStage()
    {
    }

    /// <summary>Not yet issued by the external CA.</summary>
    /// <param name="CsrPem">The certificate signing request (RFC 2986).</param>
    public sealed record Awaiting(string CsrPem) : CertificateStage;

    /// <summary>Usable during its validity.</summary>
    /// <param name="Certificate">The certificate.</param>
    public sealed record Active(ChainedCertificate Certificate) : CertificateStage;

    /// <summary>No longer usable.</summary>
    /// <param name="Certificate">The certificate.</param>
    /// <param name="Revocation">When and why.</param>
    public sealed record Revoked(
        ChainedCertificate Certificate, Revocation Revocation) : CertificateStage;
}

/// <summary>The public part of a key in the vault, and the write that stores the sealed private key.</summary>
/// <param name="Id">The key's id.</param>
/// <param name="Algorithm">Its algorithm.</param>
/// <param name="SubjectPublicKeyInfo">The public key as DER.</param>
/// <param name="Sealed">The write of the sealed private key, for the commit of the state that refers to it.</param>
/// <param name="Custody">The HSM that has the private key; null for software.</param>
public sealed record CustodyKey(
    string Id, KeyAlgorithm Algorithm, ReadOnlyMemory<byte> SubjectPublicKeyInfo, StateWrite Sealed, string? Custody = null);

/// <summary>The revocation of a certificate.</summary>
/// <param name="At">When (UTC).</param>
/// <param name="Reason">The reason.</param>
public sealed record Revocation(DateTimeOffset At, RevocationReason Reason);

/// <summary>
/// The statuses by which stored certificates are listed. The values are stored: never change or reuse them.
/// </summary>
public static class CertificateWords
{
    /// <summary>Not yet issued by the external CA.</summary>
    public const string Awaiting = "awaiting";

    /// <summary>Issued and not revoked; it may have expired.</summary>
    public const string Active = "active";

    /// <summary>Revoked itself; the revocation of an issuer does not change it.</summary>
    public const string Revoked = "revoked";

    /// <summary>The status of a stage.</summary>
    public static string ToWord(CertificateStage stage) => stage switch
    {
        CertificateStage.Awaiting => Awaiting,
        CertificateStage.Active => Active,
        _ => Revoked,
    };
}
