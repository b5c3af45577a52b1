using System.Collections.Immutable;
using CodeSigning.Certificates;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Certificates;

/// <summary>Lists certificates and internal CAs, newest first. Product administrators only.</summary>
public sealed class CertificateCatalog(
    IStateStore store, CertificateAuthorities authorities, ICertificateReader reader, TimeProvider time)
{
    /// <summary>The id of the CA that a path or a filter gives by id or common name.</summary>
    /// <param name="caller">The caller; null where CAs are for everybody.</param>
    /// <param name="idOrName">The id or common name; a well-formed id is not checked for existence.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <exception cref="RefusedException">
    /// <c>NotFound</c>; <c>InvalidRequest</c>: several have the name; <c>Forbidden</c>.
    /// </exception>
    public async Task<string> FindAuthorityIdAsync(Caller? caller, string idOrName, CancellationToken cancellationToken)
    {
        if (caller is not null)
        {
            ProductAuthority.RequireAdministrator(caller);
        }

        return await authorities.FindIdAsync(idOrName, cancellationToken)
            ?? throw new RefusedException(ErrorCode.NotFound, "The CA does not exist: expected an id or a common name.");
    }

    /// <summary>One page of certificates.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="caId">Only those issued by this CA; null for all.</param>
    /// <param name="before">The last id of the previous page; null for the first page.</param>
    /// <param name="limit">The page size, 1 to 100.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public async Task<Page<CertificateView>> ListCertificatesAsync(
        Caller caller, string? caId, string? before, int limit, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var page = await store.ReadPageAsync(
            new StateQuery(StateTypes.Certificate, Parent: caId, Before: before, Limit: limit), cancellationToken);
        CertificateState[] certificates = [.. page.Items.Select(row => row.ReadAs<CertificateState>())];
        var lines = await authorities.ReadLinesOfAsync(certificates, cancellationToken);
        var now = time.GetUtcNow();
        return new Page<CertificateView>(
            [.. certificates.Select(certificate => certificate.ToView(lines.Of(certificate), reader, now))], page.Next);
    }

    /// <summary>One page of internal CAs.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="parentId">Only those directly under this CA; null for all.</param>
    /// <param name="before">The last id of the previous page; null for the first page.</param>
    /// <param name="limit">The page size, 1 to 100.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public async Task<Page<CertificateAuthorityView>> ListAuthoritiesAsync(
        Caller caller, string? parentId, string? before, int limit, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var page = await store.ReadPageAsync(
            new StateQuery(StateTypes.CertificateAuthority, Parent: parentId, Before: before, Limit: limit),
            cancellationToken);
        CertificateAuthorityState[] found = [.. page.Items.Select(row => row.ReadAs<CertificateAuthorityState>())];
        var names = await authorities.ReadNamesAsync(found.Select(authority => authority.ParentId), cancellationToken);
        return new Page<CertificateAuthorityView>(
            [.. found.Select(one => one.ToView(one.ParentId is { } parent ? names.GetValueOrDefault(parent) : null))], page.Next);
    }
}

/// <summary>Views of stored certificates.</summary>
public static class CertificateViews
{
    /// <summary>The certificate as product administrators see it.</summary>
    public static CertificateView ToView(
        this CertificateState certificate, IssuerLine line, ICertificateReader reader, DateTimeOffset now) => new(
        certificate.Id,
        certificate.StatusAt(now, line.IsRevoked),
        certificate.Subject,
        certificate.KeyAlgorithm.ToWireName(),
        certificate.CaId,
        certificate.Issued?.SerialNumber,
        certificate.Issued?.Thumbprint,
        certificate.Issued?.NotBefore,
        certificate.Issued?.NotAfter,
        certificate.Revocation?.At,
        certificate.Revocation?.Reason,
        certificate.Issued?.Pem,
        certificate.Issued?.ChainPem,
        line.Authorities.IsEmpty ? null : line.Nearest.CommonName,
        certificate.Custody ?? CertificateRules.Software,
        certificate.KeyState,
        certificate.Destruction?.ToView(),
        certificate.Renewal is { } terms ? new RenewalView(terms.DaysBefore, terms.Key) : null,
        certificate.RenewedBy,
        reader.Judge(certificate),
        [.. certificate.Attestations.Select(attestation => attestation.ToView())]);

    /// <summary>The facts for a signing decision.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="version">The certificate's version.</param>
    /// <param name="line">The internal CAs above it.</param>
    public static CertificateFacts ToFacts(this CertificateState certificate, StateVersion version, IssuerLine line)
    {
        var issued = certificate.Issued;
        var own = issued is null ? default : Validity.Of(issued);
        var validity = line.Narrow(certificate.Usable ?? default);
        return new CertificateFacts(
            [version, .. line.ReadSet],
            certificate.Id,
            certificate.KeyId,
            certificate.KeyAlgorithm,
            issued?.SerialNumber ?? "",
            issued?.Thumbprint ?? "",
            validity.NotBefore,
            validity.NotAfter,
            IsIssued: issued is not null,
            IsRevoked: certificate.Revocation is not null || line.IsRevoked,
            [.. certificate.PublicKey.Span],
            certificate.Subject,
            BeginsWithAuthority: validity.NotBefore > own.NotBefore,
            EndsWithAuthority: validity.NotAfter < own.NotAfter,
            certificate.KeyState);
    }
}

/// <summary>The facts about a certificate that a signing decision needs, and their read set.</summary>
/// <param name="ReadSet">The versions of the certificate and of every internal CA above it.</param>
/// <param name="Id">The certificate's id.</param>
/// <param name="KeyId">The id of the key in the vault.</param>
/// <param name="KeyAlgorithm">The key algorithm.</param>
/// <param name="SerialNumber">Lower-case hex.</param>
/// <param name="Thumbprint">SHA-256 over the DER, lower-case hex.</param>
/// <param name="NotBefore">The start of the common validity of the certificate and the CAs above it (UTC).</param>
/// <param name="NotAfter">The end of that validity (UTC).</param>
/// <param name="IsIssued">Whether the external CA has issued the certificate.</param>
/// <param name="IsRevoked">Whether it or a CA above it is revoked.</param>
/// <param name="SubjectPublicKeyInfo">The public key as DER (RFC 5280, section 4.1.2.7).</param>
/// <param name="Subject">The subject (RFC 4514).</param>
/// <param name="BeginsWithAuthority">Whether a CA above it is valid only later than the certificate itself.</param>
/// <param name="EndsWithAuthority">Whether a CA above it ends earlier than the certificate itself.</param>
/// <param name="KeyState">The state of its key.</param>
public sealed record CertificateFacts(
    ImmutableArray<StateVersion> ReadSet,
    string Id,
    string KeyId,
    KeyAlgorithm KeyAlgorithm,
    string SerialNumber,
    string Thumbprint,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    bool IsIssued,
    bool IsRevoked,
    ImmutableArray<byte> SubjectPublicKeyInfo,
    string Subject = "",
    bool BeginsWithAuthority = false,
    bool EndsWithAuthority = false,
    KeyState KeyState = KeyState.Active);

/// <summary>Reads external certificates and writes certificate files.</summary>
public interface ICertificateReader
{
    /// <summary>Finds the code-signing certificate of the given public key in both texts, and orders the chain above it.</summary>
    /// <exception cref="Errors.RefusedException">
    /// <c>InvalidRequest</c>: it is malformed or has another key; <c>NotACodeSigningCertificate</c>;
    /// <c>CertificateExpired</c>, <c>CertificateNotYetValid</c>: a CA above it is not valid.
    /// </exception>
    (string Subject, ChainedCertificate Certificate) Read(
        string certificatePem, string? chainPem, ReadOnlyMemory<byte> subjectPublicKeyInfo);

    /// <summary>The public key of a certificate as DER (SubjectPublicKeyInfo), as stored for keys of the vault.</summary>
    ReadOnlyMemory<byte> ReadPublicKey(ChainedCertificate certificate);

    /// <summary>Compares a certificate with the profile of publicly trusted ones; the same for a certificate at any time.</summary>
    ImmutableArray<ProfileFinding> Judge(ChainedCertificate certificate);

    /// <summary>Writes a certificate as a file.</summary>
    /// <param name="certificate">The certificate with its chain.</param>
    /// <param name="format">The file format.</param>
    /// <param name="name">The file's name without its extension.</param>
    CertificateFile Write(ChainedCertificate certificate, CertificateFormat format, string name);
}
