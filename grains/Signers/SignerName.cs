using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using CodeSigning.Errors;

namespace CodeSigning.Grains.Signers;

/// <summary>The rule for a signer's name: a PKCS#11 label holds 32 bytes, and an id holds an underscore.</summary>
public static partial class SignerName
{
    /// <summary>Whether a text has the form of a name.</summary>
    public static bool IsName([NotNullWhen(true)] string? text) => text is not null && Form().IsMatch(text);

    /// <summary>Refuses what is not a name.</summary>
    public static string Demand(string? name) => IsName(name)
        ? name
        : throw new RefusedException(
            ErrorCode.InvalidRequest,
            "A signer's name is 1 to 32 characters of a-z, 0-9 and '-', and begins with a letter or a digit.");

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,31}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
