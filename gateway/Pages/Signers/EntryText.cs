using CodeSigning.Gateway.Api.Ledger;
using CodeSigning.Ledger;

namespace CodeSigning.Gateway.Pages.Signers;

/// <summary>Ledger entries in words. Pure functions.</summary>
internal static class EntryText
{
    /// <summary>What an entry records.</summary>
    public static string TitleOf(EntryBody entry) => (entry.Kind, entry.Count) switch
    {
        (EntryKind.Sign, > 1) => $"{entry.Count} attempts to sign",
        (EntryKind.Sign, _) => entry.Outcome == EntryOutcome.Success ? "Signature" : "Attempt to sign",
        _ => Sentence(entry.Action ?? "change"),
    };

    /// <summary>What signed, where: as the client claims.</summary>
    public static string ClientOf(EntryBody entry) => (Claim(entry, "tool"), Claim(entry, "hostname")) switch
    {
        ({ } tool, { } host) => $"{tool} on {host}",
        ({ } tool, null) => tool,
        (null, { } host) => host,
        _ => "",
    };

    // Actions are written as object.act-of-several-words.
    private static string Sentence(string action)
    {
        var words = action.Replace('.', ' ').Replace('-', ' ');
        return char.ToUpperInvariant(words[0]) + words[1..];
    }

    private static string? Claim(EntryBody entry, string name) => entry.ClientMetadata?.GetValueOrDefault(name);
}
