using CodeSigning.Signers;

namespace CodeSigning.Gateway.Pages.Signers;

/// <summary>The addresses of signers' pages. Pure functions.</summary>
internal static class SignerPath
{
    private const string NewSigner = "new";

    /// <summary>The address of a signer's page, such as <c>members</c>; its first page without.</summary>
    public static string Of(SignerView signer, string below = "")
    {
        // The address of a signer of that name is the wizard's.
        var name = signer.Name == NewSigner ? signer.Id : signer.Name;
        return below.Length == 0 ? $"/signers/{name}" : $"/signers/{name}/{below}";
    }
}
