using CodeSigning.Errors;
using CodeSigning.Grains.Certificates;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Pki;

namespace CodeSigning.Silo.Certificates;

/// <summary>Runs work with a CA's key on the signing threads, or on those of the key's HSM.</summary>
public sealed class IssuerWork(KeyVault vault, SigningThreads threads, TimeProvider time)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Runs work with a CA.</summary>
    /// <exception cref="RefusedException"><c>Unavailable</c>: the queue is full; or the refusal of the CA.</exception>
    public async Task<T> RunAsync<T>(Issuer issuer, Func<CertificateAuthority, T> work, CancellationToken cancellationToken)
    {
        using var key = await vault.OpenAsync(
            new KeyReference(issuer.KeyId), KeyPurpose.CertificateAuthority, cancellationToken);
        var authority = new CertificateAuthority(key, issuer.Certificate.ReadLeaf(), time);
        return await RunAsync(key, () => work(authority), cancellationToken);
    }

    /// <summary>Runs work with an open key.</summary>
    /// <exception cref="RefusedException"><c>Unavailable</c>: the queue is full; or the refusal of the work.</exception>
    public Task<T> RunAsync<T>(KeyHandle key, Func<T> work, CancellationToken cancellationToken) =>
        TranslateAsync(() => key.Token is { } token ? token.RunAsync("", work, cancellationToken) : threads.RunAsync(work, cancellationToken));

    /// <summary>Runs work without a key of an HSM.</summary>
    /// <exception cref="RefusedException"><c>Unavailable</c>: the queue is full; or the refusal of the work.</exception>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) =>
        TranslateAsync(() => threads.RunAsync(work, cancellationToken));

    private static async Task<T> TranslateAsync<T>(Func<Task<T>> run)
    {
        try
        {
            return await run();
        }
        catch (CertificateRefusedException refused)
        {
            throw refused.ToRefused();
        }
        catch (SigningThreadsUnavailableException)
        {
            throw new RefusedException(ErrorCode.Unavailable, "The signing queue of this node is full: retry after the time in Retry-After.")
            {
                RetryAfter = RetryAfter,
            };
        }
    }
}

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
