using CodeSigning.Grains.Certificates;
using CodeSigning.Silo.Pki;

namespace CodeSigning.Silo.Certificates;

/// <inheritdoc/>
public sealed class VaultRevocationListBuilder(IssuerWork issuers) : IRevocationListBuilder
{
    /// <inheritdoc/>
    public async Task<MadeRevocationList> BuildAsync(
        Issuer issuer,
        IReadOnlyCollection<RevokedSerial> revoked,
        long number,
        TimeSpan lifetime,
        CancellationToken cancellationToken)
    {
        var lines = revoked.Select(
            one => new RevokedCertificate(one.SerialNumber, one.Revocation.At, one.Revocation.Reason));
        var list = await issuers.RunAsync(
            issuer, authority => authority.BuildRevocationList(lines, number, lifetime), cancellationToken);
        return new MadeRevocationList(list.Der, list.Number, new Validity(list.ThisUpdate, list.NextUpdate));
    }
}
