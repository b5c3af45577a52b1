using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CodeSigning.Errors;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Signing;
using CodeSigning.Signing;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Keys;

/// <summary>Signs with the vault's keys: software keys on <see cref="SigningThreads"/>, others on the threads of their token.</summary>
public sealed class VaultSigningKeys(
    KeyVault vault, CheckedSigner signer, SigningThreads threads, ILogger<VaultSigningKeys> log) : ISigningKeys
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public async ValueTask<byte[]> SignAsync(
        string callerId,
        CertificateFacts certificate,
        SigningAlgorithm algorithm,
        ReadOnlyMemory<byte> digest,
        CancellationToken cancellationToken)
    {
        try
        {
            using var key = await vault.OpenAsync(
                new KeyReference(certificate.KeyId), KeyPurpose.CodeSigning, cancellationToken);
            var publicKey = ImmutableCollectionsMarshal.AsArray(certificate.SubjectPublicKeyInfo)!;
            var sign = () => signer.SignDigest(key, publicKey, algorithm, digest.Span);
            return await (key.Token is { } token
                ? token.RunAsync(callerId, sign, cancellationToken)
                : threads.RunBrieflyAsync(callerId, sign, cancellationToken));
        }
        catch (SigningThreadsUnavailableException)
        {
            throw new RefusedException(
                ErrorCode.Unavailable, "The signing queue of this node is full: retry after the time in Retry-After.")
            {
                RetryAfter = RetryAfter,
            };
        }
        catch (RefusedException away)
        {
            throw new SigningFaultException(away.Message, away); // The token is away, or has too much to do.
        }
        catch (Exception fault) when (fault is SealedKeyException or SignatureCheckException or CryptographicException)
        {
            // The messages of these exceptions contain the key's id and nothing secret.
            log.LogError(fault, "A signature with key {KeyId} could not be made", certificate.KeyId);
            throw new SigningFaultException("The signature could not be made.", fault);
        }
    }
}
