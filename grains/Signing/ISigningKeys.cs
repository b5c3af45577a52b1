using CodeSigning.Grains.Certificates;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Signing;

/// <summary>Makes signatures with keys that never leave the vault.</summary>
public interface ISigningKeys
{
    /// <summary>
    /// Signs a digest with the certificate's key, on a bounded set of threads, and verifies the signature with the
    /// certificate's public key (always for RSA, sampled for ECDSA): a fault in the arithmetic must not leave.
    /// </summary>
    /// <param name="callerId">Who asks: callers take turns.</param>
    /// <param name="certificate">Names the key and holds the public key.</param>
    /// <param name="algorithm">The scheme; it fits the key.</param>
    /// <param name="digest">The digest; its length is the algorithm's.</param>
    /// <param name="cancellationToken">Heeded until the computation begins.</param>
    /// <returns>The signature: RSA's as long as the modulus, ECDSA's as DER.</returns>
    /// <exception cref="Errors.RefusedException"><c>Unavailable</c> where too much is under way.</exception>
    /// <exception cref="SigningFaultException">The key cannot be used, or the signature did not verify.</exception>
    ValueTask<byte[]> SignAsync(
        string callerId,
        CertificateFacts certificate,
        SigningAlgorithm algorithm,
        ReadOnlyMemory<byte> digest,
        CancellationToken cancellationToken);
}

/// <summary>A signature could not be made, or was wrong and was thrown away. It becomes an entry of a failure.</summary>
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
