using CodeSigning.Certificates;
using CodeSigning.Gateway.Pages.Components;

namespace CodeSigning.Gateway.Pages.Signers;

/// <summary>Certificates in a line. Pure functions.</summary>
internal static class CertificateText
{
    /// <summary>The key algorithms as people read them, the usual first.</summary>
    public static IReadOnlyList<(string Value, string Text)> Algorithms { get; } =
    [
        ("RSA_3072", "RSA 3072 (every verifier knows it)"), ("RSA_2048", "RSA 2048"), ("RSA_4096", "RSA 4096"),
        ("EC_P256", "ECDSA P-256"), ("EC_P384", "ECDSA P-384"), ("EC_P521", "ECDSA P-521"),
    ];

    /// <summary>Whose it is, its key, and until when.</summary>
    public static string Of(CertificateView certificate) => certificate.NotAfter is { } end
        ? $"{certificate.Subject}, {certificate.KeyAlgorithm}, until {TimeText.Of(end)}"
        : $"{certificate.Subject}, {certificate.KeyAlgorithm}";
}
