using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Gateway.Pages.Signers;

/// <summary>Signers in words. Pure functions.</summary>
internal static class SignerText
{
    /// <summary>The roles as people read them, the usual first.</summary>
    public static IReadOnlyList<(string Value, string Text)> Roles { get; } =
    [
        ("operator", "Operator: signs and requests"), ("administrator", "Administrator: manages the signer"), ("auditor", "Auditor: reads"),
    ];

    /// <summary>The kinds of members.</summary>
    public static IReadOnlyList<(string Value, string Text)> Kinds { get; } =
        [("user", "Person"), ("identity", "Machine identity"), ("group", "Group")];

    /// <summary>A role as a word.</summary>
    public static string Of(SignerRole role) => role switch
    {
        SignerRole.Administrator => "Administrator",
        SignerRole.Operator => "Operator",
        _ => "Auditor",
    };

    /// <summary>A role as the API writes it.</summary>
    public static string ValueOf(SignerRole role) => Of(role).ToLowerInvariant();

    /// <summary>A kind as a word.</summary>
    public static string Of(PrincipalKind kind) => kind switch
    {
        PrincipalKind.User => "Person",
        PrincipalKind.Identity => "Machine identity",
        PrincipalKind.Group => "Group",
        _ => "System",
    };

    /// <summary>The name of somebody; what is said where the reader may not see it.</summary>
    public static string NameOf(PrincipalRef? principal) => principal?.Name ?? "somebody you may not see";
}
