using System.Globalization;
using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Gateway.Api.Ledger;
using CodeSigning.Identities;
using CodeSigning.Ledger;

namespace CodeSigning.Gateway.Pages.Entries;

/// <summary>Ledger entries in words, the same on every page. Pure functions; nothing is decided by them.</summary>
internal static class EntryText
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = ContractJson.Encoder };

    /// <summary>What was done, such as <c>Created a person: Ada Okafor</c> or <c>3 attempts to sign</c>.</summary>
    public static string TitleOf(EntryBody entry) => (entry.Kind, entry.Outcome, entry.Count) switch
    {
        (EntryKind.Sign, _, > 1) => string.Create(CultureInfo.InvariantCulture, $"{entry.Count:n0} attempts to sign"),
        (EntryKind.Sign, EntryOutcome.Success, _) => "Signature",
        (EntryKind.Sign, _, _) => "Attempt to sign",
        _ => $"{ActionWords.VerbOf(VerbOf(entry))} {NounOf(entry).Noun}{(SubjectNameOf(entry) is { } name ? $": {name}" : "")}",
    };

    /// <summary>The name of who acted, at that time.</summary>
    public static string ActorOf(EntryBody entry) => entry.Actor.Id == Caller.System.Id ? "The server" : entry.Actor.Name;

    /// <summary>What signed, where: as the client claims.</summary>
    public static string ClientOf(EntryBody entry) => (Claim(entry, "tool"), Claim(entry, "hostname")) switch
    {
        ({ } tool, { } host) => $"{tool} on {host}",
        ({ } tool, null) => tool,
        (null, { } host) => host,
        _ => "",
    };

    /// <summary>The page of its subject; null if there is none.</summary>
    public static string? SubjectPageOf(EntryBody entry) =>
        entry.Subject?.Split('/') is [_, var id] && NounOf(entry).Page is { } page && VerbOf(entry) != "delete" ? page + id : null;

    /// <summary>The name of its subject, or of the signer that it is about; null where the entry has none.</summary>
    public static string? SubjectNameOf(EntryBody entry) => entry.SignerName
        ?? FindNamed(entry, "name") ?? FindNamed(entry, "commonName") ?? FindNamed(entry, "subject") ?? FindNamed(entry, "url");

    /// <summary>Its changes: what changed, from what, to what. What is no simple change is told as JSON.</summary>
    public static IEnumerable<(string What, string? From, string To)> ChangesOf(EntryBody entry) =>
        entry.Changes is { ValueKind: JsonValueKind.Object } changes
            ? changes.EnumerateObject().Select(member => ChangeOf(member.Name, member.Value))
            : [];

    /// <summary>What a client calls itself by, in words.</summary>
    public static string ClaimOf(string name) => name switch
    {
        "tool" => "Tool",
        "hostname" => "Host",
        "fileName" => "File",
        _ => name,
    };

    private static (string What, string? From, string To) ChangeOf(string name, JsonElement change) =>
        change.ValueKind == JsonValueKind.Object && change.EnumerateObject().All(member => member.Name is "from" or "to")
            ? (name, change.TryGetProperty("from", out var from) ? Write(from) : null, change.TryGetProperty("to", out var to) ? Write(to) : "nothing")
            : (name, null, Write(change));

    private static string Write(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        JsonValueKind.Null => "nothing",
        _ => JsonSerializer.Serialize(value, Indented),
    };

    private static string VerbOf(EntryBody entry) => entry.Action is { } action ? action[(action.IndexOf('.', StringComparison.Ordinal) + 1)..] : "";

    private static (string Noun, string? Page) NounOf(EntryBody entry) => ActionWords.NounOf(entry.Action?.Split('.')[0] ?? "");

    private static string? FindNamed(EntryBody entry, string member) =>
        entry.Changes is { ValueKind: JsonValueKind.Object } changes
        && changes.TryGetProperty(member, out var change) && change.ValueKind == JsonValueKind.Object
            ? FindText(change, "to") ?? FindText(change, "from")
            : null;

    private static string? FindText(JsonElement element, string member) =>
        element.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string? Claim(EntryBody entry, string name) => entry.ClientMetadata?.GetValueOrDefault(name);
}
