using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Certificates;

/// <summary>A stored internal CA.</summary>
public sealed record CertificateAuthorityState : IIndexedState
{
    /// <summary>Its id.</summary>
    public string Id { get; init; } = "";

    /// <summary>Its subject's common name.</summary>
    public string CommonName { get; init; } = "";

    /// <summary>The id of the key in the vault.</summary>
    public string KeyId { get; init; } = "";

    /// <summary>The key algorithm.</summary>
    public KeyAlgorithm KeyAlgorithm { get; init; } = KeyAlgorithm.Rsa3072;

    /// <summary>The CA that issued it; null for a root.</summary>
    public string? ParentId { get; init; }

    /// <summary>The HSM that has the key; null for software.</summary>
    public string? Custody { get; init; }

    /// <summary>Its certificate.</summary>
    public ChainedCertificate Certificate { get; init; } = new("", "", "", "", default, default);

    /// <summary>When and why it was revoked, or null.</summary>
    public Revocation? Revocation { get; init; }

    /// <summary>When it was created (UTC).</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who created it.</summary>
    public PrincipalRef CreatedBy { get; init; } = Caller.System.ToRef();

    /// <summary>The revoked state of the CA.</summary>
    /// <exception cref="RefusedException"><c>WrongState</c>: it is revoked already.</exception>
    public CertificateAuthorityState Revoke(Revocation revocation) => Revocation is null
        ? this with { Revocation = revocation }
        : throw new RefusedException(ErrorCode.WrongState, "The CA is already revoked.");

    /// <summary>The part of the CA that ledger entries record.</summary>
    public object ToRecord() => new
    {
        CommonName,
        KeyAlgorithm = KeyAlgorithm.ToWireName(),
        ParentId,
        Custody,
        Stage = ToIndex().Status,
        Certificate.SerialNumber,
        Certificate.Thumbprint,
        Certificate.NotAfter,
        Revocation?.Reason,
    };

    /// <summary>The CA as an issuer.</summary>
    public Issuer ToIssuer(PkiOptions options) => new(KeyId, Certificate, options.RevocationListUrl(Id));

    /// <summary>The CA as product administrators see it.</summary>
    /// <param name="parentName">The common name of the CA that issued it; null for a root.</param>
    public CertificateAuthorityView ToView(string? parentName) => new(
        Id,
        CommonName,
        KeyAlgorithm.ToWireName(),
        ParentId,
        Certificate.SerialNumber,
        Certificate.Thumbprint,
        Certificate.NotBefore,
        Certificate.NotAfter,
        Revocation?.At,
        Certificate.Pem,
        parentName,
        Custody ?? CertificateRules.Software);

    /// <inheritdoc/>
    public StateIndex ToIndex() => new(
        Name: Certificate.Thumbprint,
        Parent: ParentId,
        Status: Revocation is null ? CertificateWords.Active : CertificateWords.Revoked,
        Until: Certificate.NotAfter);
}
