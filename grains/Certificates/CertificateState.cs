using System.Text.Json.Serialization;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Certificates;

/// <summary>A code-signing certificate as it is stored. Its methods answer with the next state, or refuse.</summary>
public sealed record CertificateState : IIndexedState
{
    /// <summary>Its id.</summary>
    public string Id { get; init; } = "";

    /// <summary>Its subject (RFC 4514); that of the request while it is owed.</summary>
    public string Subject { get; init; } = "";

    /// <summary>The vault's key.</summary>
    public string KeyId { get; init; } = "";

    /// <summary>The kind of the key.</summary>
    public KeyAlgorithm KeyAlgorithm { get; init; } = KeyAlgorithm.Rsa3072;

    /// <summary>The public key as DER (SubjectPublicKeyInfo).</summary>
    public ReadOnlyMemory<byte> PublicKey { get; init; }

    /// <summary>The internal CA that issued it; none for one from outside.</summary>
    public string? CaId { get; init; }

    /// <summary>Where it stands.</summary>
    public CertificateStage Stage { get; init; } = new CertificateStage.Awaiting("");

    /// <summary>When it came here (UTC).</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who made it or brought it in.</summary>
    public PrincipalRef CreatedBy { get; init; } = Caller.System.ToRef();

    /// <summary>The certificate; null while it is owed.</summary>
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

    /// <summary>The certificate that the external CA owed has come; the caller has checked that it is for this key.</summary>
    /// <exception cref="RefusedException"><c>WrongState</c>: none is owed.</exception>
    public CertificateState Install(string subject, ChainedCertificate certificate) => Stage is CertificateStage.Awaiting
        ? this with { Subject = subject, Stage = new CertificateStage.Active(certificate) }
        : throw new RefusedException(
            ErrorCode.WrongState, "This certificate is here already. For another one make a new request (CSR), with a new key.");

    /// <summary>The certificate is revoked.</summary>
    /// <exception cref="RefusedException"><c>WrongState</c>: it is revoked already, or there is none yet.</exception>
    public CertificateState Revoke(Revocation revocation) => Stage switch
    {
        CertificateStage.Active active => this with { Stage = new CertificateStage.Revoked(active.Certificate, revocation) },
        CertificateStage.Revoked => throw new RefusedException(ErrorCode.WrongState, "This certificate is revoked already."),
        _ => throw new RefusedException(
            ErrorCode.WrongState, "There is nothing to revoke yet: the certificate of this request was never installed."),
    };

    /// <summary>Where it stands at a time, given whether a CA above it was revoked.</summary>
    public CertificateStatus StatusAt(DateTimeOffset now, bool isIssuerRevoked) => Stage switch
    {
        CertificateStage.Awaiting => CertificateStatus.Awaiting,
        CertificateStage.Active when isIssuerRevoked => CertificateStatus.Revoked,
        CertificateStage.Active active =>
            now < active.Certificate.NotAfter ? CertificateStatus.Active : CertificateStatus.Expired,
        _ => CertificateStatus.Revoked,
    };

    /// <summary>What entries record of the certificate.</summary>
    public object ToRecord() => new
    {
        Subject,
        KeyAlgorithm = KeyAlgorithm.ToWireName(),
        CaId,
        Stage = CertificateWords.ToWord(Stage),
        Issued?.SerialNumber,
        Issued?.Thumbprint,
        Issued?.NotAfter,
        Revocation?.Reason,
    };

    /// <inheritdoc/>
    /// <remarks>The thumbprint is the name, so that no certificate is here twice, once revoked and once not.</remarks>
    public StateIndex ToIndex() => new(
        Name: Issued?.Thumbprint, Parent: CaId, Status: CertificateWords.ToWord(Stage), Until: Issued?.NotAfter);
}

/// <summary>Where a certificate stands: owed, then active, then revoked, and never back.</summary>
[JsonDerivedType(typeof(Awaiting), "awaiting")]
[JsonDerivedType(typeof(Active), "active")]
[JsonDerivedType(typeof(Revoked), "revoked")]
public abstract record CertificateStage
{
    private CertificateStage()
    {
    }

    /// <summary>An external CA still owes it.</summary>
    /// <param name="CsrPem">The request that was handed out (RFC 2986).</param>
    public sealed record Awaiting(string CsrPem) : CertificateStage;

    /// <summary>It may be used while its time lasts.</summary>
    /// <param name="Certificate">The certificate.</param>
    public sealed record Active(ChainedCertificate Certificate) : CertificateStage;

    /// <summary>It may not be used any more.</summary>
    /// <param name="Certificate">The certificate.</param>
    /// <param name="Revocation">When and why.</param>
    public sealed record Revoked(
        ChainedCertificate Certificate, Revocation Revocation) : CertificateStage;
}

/// <summary>A key of the vault as a grain may know it: what is public, and what to store.</summary>
/// <param name="Id">The key's id.</param>
/// <param name="Algorithm">Its kind.</param>
/// <param name="SubjectPublicKeyInfo">The public key as DER.</param>
/// <param name="Sealed">The sealed private key, to be written in the commit of the state that names it.</param>
public sealed record CustodyKey(
    string Id, KeyAlgorithm Algorithm, ReadOnlyMemory<byte> SubjectPublicKeyInfo, StateWrite Sealed);

/// <summary>That a certificate was revoked.</summary>
/// <param name="At">When (UTC).</param>
/// <param name="Reason">Why.</param>
public sealed record Revocation(DateTimeOffset At, RevocationReason Reason);

/// <summary>The words by which stored certificates are listed. They are stored: they only ever grow.</summary>
public static class CertificateWords
{
    /// <summary>An external CA still owes it.</summary>
    public const string Awaiting = "awaiting";

    /// <summary>Issued and not revoked; its end may have come.</summary>
    public const string Active = "active";

    /// <summary>Revoked itself; one whose issuer was revoked keeps its own word.</summary>
    public const string Revoked = "revoked";

    /// <summary>The word of a stage.</summary>
    public static string ToWord(CertificateStage stage) => stage switch
    {
        CertificateStage.Awaiting => Awaiting,
        CertificateStage.Active => Active,
        _ => Revoked,
    };
}
