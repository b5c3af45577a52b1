using CodeSigning.Errors;
using CodeSigning.Grains.Certificates;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Pki;
using CodeSigning.Silo.Storage.Secrets;

namespace CodeSigning.Silo.Certificates;

/// <summary>Turns what the PKI says into what grains say.</summary>
internal static class CertificateTranslation
{
    public static ChainedCertificate ToChained(this CertificateDetails certificate, string chainPem) => new(
        CertificateExport.ToPem(certificate),
        chainPem,
        certificate.SerialNumber,
        certificate.Thumbprint,
        certificate.NotBefore,
        certificate.NotAfter);

    public static ChainedCertificate ToChained(this CertificateDetails leaf, IEnumerable<CertificateDetails> chain) =>
        leaf.ToChained(string.Concat(chain.Select(CertificateExport.ToPem)));

    public static CertificateDetails ReadLeaf(this ChainedCertificate certificate) => Pem.ReadCertificates(certificate.Pem)[0];

    public static CustodyKey ToCustody(this NewKey key) => new(
        key.Sealed.Reference.Id, key.Handle.Algorithm, key.Handle.PublicKey, SealedKeyStates.Write(key.Sealed));

    public static RefusedException ToRefused(this CertificateRefusedException refused) => new(
        refused.Refusal switch
        {
            CertificateRefusal.NotACodeSigningCertificate => ErrorCode.NotACodeSigningCertificate,
            CertificateRefusal.UnsuitableKey => ErrorCode.UnsupportedAlgorithm,
            CertificateRefusal.UnsuitableIssuer => ErrorCode.WrongState,
            _ => ErrorCode.InvalidRequest,
        },
        refused.Message);
}
