using System.Collections.Immutable;
using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Signers;

namespace CodeSigning.Grains.Imports;

/// <summary>What is said where a key that is brought in is here already, to a product administrator, who may see all that is named.</summary>
internal static class KeyInUse
{
    private const int MostNamed = 20;

    /// <summary>It is other certificates', which the request did not allow.</summary>
    public static RefusedException ByCertificates(
        ImmutableArray<CertificateState> certificates, ImmutableArray<SignerState> signers)
    {
        var names = signers.ToLookup(signer => signer.CertificateId, signer => signer.Name);
        var sharing = certificates.Take(MostNamed)
            .Select(certificate => new SharedKey(
                certificate.Id, certificate.Subject, [.. names[certificate.Id].Order(StringComparer.Ordinal).Take(MostNamed)]))
            .ToImmutableArray();
        var (first, more) = (sharing[0], certificates.Length - 1);
        return new RefusedException(
            ErrorCode.KeyInUse,
            $"The private key is that of certificate {first.CertificateId} already{SignersOf(first)}{(more == 0 ? "" : $", and of {more} more")}. "
            + "Import a certificate with a key of its own, or, where this one renews that certificate or the two are to share the key, "
            + "repeat the request with allowSharedKey: true.")
        {
            Members = ImmutableDictionary<string, string>.Empty.Add(
                "sharedKeyWith", JsonSerializer.Serialize(sharing, ContractJson.Options)),
        };
    }

    /// <summary>It is an internal CA's, which no request can allow.</summary>
    public static RefusedException ByAuthority(CertificateAuthorityState authority) => new(
        ErrorCode.KeyInUse,
        $"The private key is that of the CA '{authority.CommonName}' ({authority.Id}), which issues certificates and signs no code. "
        + "Import a certificate with a key of its own, and revoke the CA: its key is known outside of this server.");

    private static string SignersOf(SharedKey shared) => shared.Signers switch
    {
        [] => "",
        [var name] => $", of signer '{name}'",
        var names => $", of signers {string.Join(", ", names.Select(name => $"'{name}'"))}",
    };

    private sealed record SharedKey(string CertificateId, string Subject, ImmutableArray<string> Signers);
}
