using CodeSigning.Certificates;
using CodeSigning.Gateway.Pages.Components;

namespace CodeSigning.Gateway.Pages.Signers;

/// <summary>Certificates in a line. Pure functions.</summary>
internal static class CertificateLine
{
    /// <summary>Whose it is, its key, and until when.</summary>
    public static string Of(CertificateView certificate) => certificate.NotAfter is { } end
        ? $"{certificate.Subject}, {KeyAlgorithmText.Of(certificate.KeyAlgorithm)}, until {TimeText.Of(end)}"
        : $"{certificate.Subject}, {KeyAlgorithmText.Of(certificate.KeyAlgorithm)}";
}
