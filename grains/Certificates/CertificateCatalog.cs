using System.Collections.Immutable;
using CodeSigning.Certificates;
using CodeSigning.Contract;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Certificates;

/// <summary>Lists certificates and internal CAs, newest first, from the rows that the grains write. Product administrators only.</summary>
public sealed class CertificateCatalog(IStateStore store, CertificateAuthorities authorities, TimeProvider time)
{
    /// <summary>One page of certificates.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="caId">Only those of this internal CA; null for all.</param>
    /// <param name="before">The last id of the page before; null for the first page.</param>
    /// <param name="limit">At most so many, 1 to 100.</param>
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
            [.. certificates.Select(certificate => certificate.ToView(lines.Of(certificate), now))], page.Next);
    }

    /// <summary>One page of internal CAs.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="parentId">Only those under this one; null for all.</param>
    /// <param name="before">The last id of the page before; null for the first page.</param>
    /// <param name="limit">At most so many, 1 to 100.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public async Task<Page<CertificateAuthorityView>> ListAuthoritiesAsync(
        Caller caller, string? parentId, string? before, int limit, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var page = await store.ReadPageAsync(
            new StateQuery(StateTypes.CertificateAuthority, Parent: parentId, Before: before, Limit: limit),
            cancellationToken);
        return new Page<CertificateAuthorityView>(
            [.. page.Items.Select(row => row.ReadAs<CertificateAuthorityState>().ToView())], page.Next);
    }
}

/// <summary>What others get to see of a stored certificate.</summary>
public static class CertificateViews
{
    /// <summary>The certificate as product administrators see it.</summary>
    public static CertificateView ToView(this CertificateState certificate, IssuerLine line, DateTimeOffset now) => new(
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
        certificate.Issued?.ChainPem);

    /// <summary>What a decision to sign needs to know of it.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="version">The version that it was read at.</param>
    /// <param name="line">The internal CAs above it.</param>
    public static CertificateFacts ToFacts(this CertificateState certificate, StateVersion version, IssuerLine line)
    {
        var issued = certificate.Issued;
        var validity = issued is null ? default : line.Narrow(Validity.Of(issued));
        return new CertificateFacts(
            [version, .. line.Basis],
            certificate.Id,
            certificate.KeyId,
            certificate.KeyAlgorithm,
            issued?.SerialNumber ?? "",
            issued?.Thumbprint ?? "",
            validity.NotBefore,
            validity.NotAfter,
            IsIssued: issued is not null,
            IsRevoked: certificate.Revocation is not null || line.IsRevoked,
            [.. certificate.PublicKey.Span]);
    }
}

/// <summary>What a decision to sign needs to know of a certificate, and the versions that it knows.</summary>
/// <param name="Basis">The versions of the certificate and of every internal CA above it.</param>
/// <param name="Id">The certificate's id.</param>
/// <param name="KeyId">The vault's key.</param>
/// <param name="KeyAlgorithm">The kind of the key.</param>
/// <param name="SerialNumber">Lower-case hex.</param>
/// <param name="Thumbprint">SHA-256 over the DER, lower-case hex.</param>
/// <param name="NotBefore">The beginning of the validity that the certificate and those above it have in common (UTC).</param>
/// <param name="NotAfter">Its end (UTC).</param>
/// <param name="IsIssued">Whether there is a certificate yet (an external CA may not have issued it).</param>
/// <param name="IsRevoked">Whether it, or a CA above it, was revoked.</param>
/// <param name="SubjectPublicKeyInfo">The public key as DER (RFC 5280, section 4.1.2.7).</param>
public sealed record CertificateFacts(
    ImmutableArray<StateVersion> Basis,
    string Id,
    string KeyId,
    KeyAlgorithm KeyAlgorithm,
    string SerialNumber,
    string Thumbprint,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    bool IsIssued,
    bool IsRevoked,
    ImmutableArray<byte> SubjectPublicKeyInfo);

/// <summary>Reads certificates that come from outside, and writes those that go out.</summary>
public interface ICertificateReader
{
    /// <summary>Reads a certificate that must be for a key and may sign code, and puts the chain above it in order.</summary>
    /// <exception cref="Errors.RefusedException">
    /// <c>InvalidRequest</c>: it cannot be read, or is for another key; <c>NotACodeSigningCertificate</c>.
    /// </exception>
    (string Subject, ChainedCertificate Certificate) Read(
        string certificatePem, string? chainPem, ReadOnlyMemory<byte> subjectPublicKeyInfo);

    /// <summary>The public key of a certificate, in the encoding that keys of the vault have (SubjectPublicKeyInfo, DER).</summary>
    ReadOnlyMemory<byte> ReadPublicKey(ChainedCertificate certificate);

    /// <summary>Writes a certificate as a file.</summary>
    /// <param name="certificate">The certificate and those above it.</param>
    /// <param name="format">How.</param>
    /// <param name="name">The file's name without its extension.</param>
    CertificateFile Write(ChainedCertificate certificate, CertificateFormat format, string name);
}
