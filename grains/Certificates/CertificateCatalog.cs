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
        ProductAuthority.DemandAdministrator(caller);
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
        ProductAuthority.DemandAdministrator(caller);
        var page = await store.ReadPageAsync(
            new StateQuery(StateTypes.CertificateAuthority, Parent: parentId, Before: before, Limit: limit),
            cancellationToken);
        return new Page<CertificateAuthorityView>(
            [.. page.Items.Select(row => row.ReadAs<CertificateAuthorityState>().ToView())], page.Next);
    }
}
