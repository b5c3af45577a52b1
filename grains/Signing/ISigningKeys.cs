using CodeSigning.Grains.Certificates;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Signing;

/// <summary>Signs with keys that never leave the vault.</summary>
public interface ISigningKeys
{
    /// <summary>
    /// Signs a digest with the certificate's key on a bounded set of threads, and verifies the signature with the
    /// certificate's public key (always for RSA, sampled for ECDSA), so that no faulty signature is released.
    /// </summary>
    /// <param name="callerId">The caller's id, for fair scheduling among callers.</param>
    /// <param name="certificate">The certificate with the key's id and the public key.</param>
    /// <param name="algorithm">The scheme, which must fit the key.</param>
    /// <param name="digest">The digest, of the algorithm's length.</param>
    /// <param name="cancellationToken">Cancels the call until the computation begins.</param>
    /// <returns>The signature: for RSA as long as the modulus, for ECDSA in DER.</returns>
    /// <exception cref="Errors.RefusedException"><c>Unavailable</c> if too many signatures are pending.</exception>
    /// <exception cref="SigningFaultException">
    /// The key cannot be used, or the signature did not verify. What a token refuses for a while, such as when it is away, is
    /// the inner exception, for the caller.
    /// </exception>
    ValueTask<byte[]> SignAsync(
        string callerId,
        CertificateFacts certificate,
        SigningAlgorithm algorithm,
        ReadOnlyMemory<byte> digest,
        CancellationToken cancellationToken);
}

/// <summary>A signature could not be made, or was invalid and was discarded. The attempt is recorded as failed.</summary>
[GenerateSerializer, Alias("codesigning.SigningFault")]
public sealed class SigningFaultException : Exception
{
    /// <summary>A signature could not be made.</summary>
    public SigningFaultException()
        : base("The signature could not be made.")
    {
    }

    /// <summary>A signature could not be made, for this reason.</summary>
    public SigningFaultException(string message)
        : base(message)
    {
    }

    /// <summary>A signature could not be made, for this reason.</summary>
    public SigningFaultException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
