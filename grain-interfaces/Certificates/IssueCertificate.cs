using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using CodeSigning.Contract;

namespace CodeSigning.Certificates;

/// <summary>
/// The body that issues a code-signing certificate from an internal CA; its key is generated in the vault.
/// </summary>
/// <param name="CaId">The issuing CA's id or common name.</param>
/// <param name="CommonName">The subject's common name, 1 to 64 characters.</param>
/// <param name="KeyAlgorithm">Its key algorithm, such as <c>EC_P256</c>.</param>
/// <param name="TtlDays">Its validity in days, 1 to 3650; cut to the end of its issuer's validity.</param>
/// <param name="Custody">Where the key is made: <c>software</c> (the default) or the name of an HSM.</param>
public sealed record IssueCertificate(
    string CaId,
    string CommonName,
    string KeyAlgorithm,
    int TtlDays,
    string? Custody = null);

/// <summary>The body that imports a certificate with its key, as PKCS#12 or as PEM.</summary>
/// <param name="Pkcs12">PKCS#12 (RFC 7292), base64 on the wire, in one line or several; at most 256 KiB.</param>
/// <param name="Password">The password of the PKCS#12 file or of the encrypted private key.</param>
/// <param name="CertificatePem">
/// The certificate, alone or with others in any order, as PEM, PKCS#7 (p7b) or the base64 of either; that of the private key
/// is taken.
/// </param>
/// <param name="ChainPem">The CA certificates above it, in any order and in the same formats.</param>
/// <param name="PrivateKeyPem">PKCS#8 (plain or encrypted), PKCS#1 or SEC 1, as PEM or base64.</param>
/// <param name="AllowSharedKey">
/// Allows a key that another certificate here already has, for example the certificate that this one renews. Otherwise
/// such an import is refused with KeyInUse.
/// </param>
/// <param name="Custody">The HSM that has the private key, in place of PKCS#12 or a private key.</param>
/// <param name="HsmKeyLabel">The label (CKA_LABEL) of the private key in the HSM.</param>
/// <param name="HsmKeyId">The id (CKA_ID) of the private key in the HSM in hex, in place of its label.</param>
public sealed record ImportCertificate(
    [property: JsonConverter(typeof(FileBytesConverter))] ReadOnlyMemory<byte>? Pkcs12 = null,
    SecretText? Password = null,
    string? CertificatePem = null,
    string? ChainPem = null,
    SecretText? PrivateKeyPem = null,
    bool AllowSharedKey = false,
    string? Custody = null,
    string? HsmKeyLabel = null,
    string? HsmKeyId = null) : IDisposable
{
    /// <summary>Zeroes what is secret of it.</summary>
    public void Dispose()
    {
        if (Pkcs12 is { } file && MemoryMarshal.TryGetArray(file, out var bytes))
        {
            CryptographicOperations.ZeroMemory(bytes);
        }

        Password?.Dispose();
        PrivateKeyPem?.Dispose();
    }

    /// <summary>The type's name alone: every value may be secret.</summary>
    public override string ToString() => nameof(ImportCertificate);
}

/// <summary>The body that generates a key and a PKCS#10 request (RFC 2986) for an external CA.</summary>
/// <param name="Subject">The distinguished name, such as <c>CN=Example,O=Example Ltd,C=DE</c> (RFC 4514).</param>
/// <param name="KeyAlgorithm">The key algorithm, such as <c>EC_P256</c>.</param>
/// <param name="Custody">Where the key is made: <c>software</c> (the default) or the name of an HSM.</param>
public sealed record CreateSigningRequest(string Subject, string KeyAlgorithm, string? Custody = null);

/// <summary>The body that installs the certificate that an external CA issued for a key of the vault.</summary>
/// <param name="CertificatePem">
/// The certificate, alone or with others in any order, as PEM, PKCS#7 (p7b) or the base64 of either; that of the request's
/// public key is taken.
/// </param>
/// <param name="ChainPem">
/// The CA certificates above it, in any order and in the same formats. For a certificate that is installed already, they
/// replace those that it has.
/// </param>
public sealed record InstallCertificate(string CertificatePem, string? ChainPem = null);

/// <summary>The body that revokes a certificate.</summary>
/// <param name="Reason">The reason for the revocation.</param>
public sealed record RevokeCertificate(RevocationReason Reason);
