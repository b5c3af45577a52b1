namespace CodeSigning.Grains.Certificates;

/// <summary>Makes CRLs (RFC 5280, section 5), signed by a CA's key in the vault.</summary>
public interface IRevocationListBuilder
{
    /// <summary>Makes a CRL as of now.</summary>
    /// <param name="issuer">The CA.</param>
    /// <param name="revoked">All that it has revoked.</param>
    /// <param name="number">Higher than that of every CRL it has issued before.</param>
    /// <param name="lifetime">How long it may be relied on.</param>
    /// <param name="cancellationToken">Cancels while it waits for its turn.</param>
    Task<MadeRevocationList> BuildAsync(
        Issuer issuer,
        IReadOnlyCollection<RevokedSerial> revoked,
        long number,
        TimeSpan lifetime,
        CancellationToken cancellationToken);
}
