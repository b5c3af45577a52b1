namespace CodeSigning.Gateway.Pages.Components;

/// <summary>Key algorithms as people read them. Pure functions.</summary>
internal static class KeyAlgorithmText
{
    /// <summary>The keys that can be made, with their titles.</summary>
    public static IReadOnlyList<(string Name, string Title)> All { get; } =
    [
        ("EC_P256", "ECDSA P-256"), ("EC_P384", "ECDSA P-384"), ("EC_P521", "ECDSA P-521"),
        ("RSA_3072", "RSA 3072"), ("RSA_4096", "RSA 4096"), ("RSA_2048", "RSA 2048 (private PKI only)"),
    ];

    /// <summary>The title of a key algorithm.</summary>
    public static string Of(string name) =>
        All.FirstOrDefault(algorithm => algorithm.Name == name).Title?.Split(" (")[0] ?? name;
}
