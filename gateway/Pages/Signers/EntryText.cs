using System.Collections.Frozen;
using CodeSigning.Gateway.Api.Ledger;
using CodeSigning.Ledger;

namespace CodeSigning.Gateway.Pages.Signers;

/// <summary>Ledger entries in words. Pure functions.</summary>
internal static class EntryText
{
    private static readonly FrozenDictionary<string, string> Acts = new Dictionary<string, string>
    {
        ["signer.create"] = "Signer created",
        ["signer.update"] = "Signer changed",
        ["signer.enable"] = "Signer enabled",
        ["signer.disable"] = "Signer disabled",
        ["signer.delete"] = "Signer deleted",
        ["signer.stop"] = "Emergency stop",
        ["signer.revoke-grants"] = "Grants revoked by the stop",
        ["signer.cancel-requests"] = "Requests cancelled by the stop",
        ["signer.add-member"] = "Member added",
        ["signer.change-member"] = "Member's role changed",
        ["signer.remove-member"] = "Member removed",
        ["signer.change-policy"] = "Policy changed",
        ["request.create"] = "Request created",
        ["request.approve"] = "Request approved",
        ["request.vote"] = "Vote cast",
        ["request.completeStep"] = "Step completed",
        ["request.reject"] = "Request rejected",
        ["request.cancel"] = "Request cancelled",
        ["request.expire"] = "Request expired",
        ["grant.pre-approve"] = "Signatures pre-approved",
        ["grant.revoke"] = "Grant revoked",
        ["grant.exhausted"] = "Grant used up",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What an entry records.</summary>
    public static string TitleOf(EntryBody entry) => (entry.Kind, entry.Count) switch
    {
        (EntryKind.Sign, > 1) => $"{entry.Count} attempts to sign",
        (EntryKind.Sign, _) => entry.Outcome == EntryOutcome.Success ? "Signature" : "Attempt to sign",
        _ => Acts.GetValueOrDefault(entry.Action ?? "") ?? Sentence(entry.Action ?? "change"),
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
