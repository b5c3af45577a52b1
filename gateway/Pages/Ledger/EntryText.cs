using System.Globalization;
using System.Text.Json;
using CodeSigning.Ledger;

namespace CodeSigning.Gateway.Pages.Ledger;

/// <summary>An entry as people read it. The entry itself is its text; nothing is decided by this.</summary>
internal sealed class EntryText
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = Contract.ContractJson.Encoder };

    private readonly JsonElement _entry;

    private EntryText(string id, JsonElement entry) => (Id, _entry) = (id, entry);

    /// <summary>The operation's id.</summary>
    public string Id { get; }

    /// <summary>When it was committed (UTC).</summary>
    public DateTimeOffset At => _entry.GetProperty("at").GetDateTimeOffset();

    /// <summary><c>success</c>, <c>failed</c> or <c>denied</c>.</summary>
    public string Outcome => Find("outcome") ?? "";

    /// <summary>The name of who acted, at that time.</summary>
    public string Actor => _entry.GetProperty("actor") is var actor && actor.GetProperty("kind").GetString() == "system"
        ? "The server" : actor.GetProperty("name").GetString()!;

    /// <summary>The signer's name at that time.</summary>
    public string? SignerName => Find("signerName");

    /// <summary>Its changes, indented; null for none.</summary>
    public string? Changes => _entry.TryGetProperty("changes", out var changes) ? JsonSerializer.Serialize(changes, Indented) : null;

    /// <summary>What the client said of itself.</summary>
    public IEnumerable<(string Name, string Value)> ClientMetadata => _entry.TryGetProperty("clientMetadata", out var metadata)
        ? metadata.EnumerateObject().Select(one => (one.Name, one.Value.ToString()))
        : [];

    /// <summary>The page of its subject; null if there is none.</summary>
    public string? SubjectPage => Find("subject")?.Split('/') is [_, var id] && Noun.Page is { } page && Verb != "delete" ? page + id : null;

    /// <summary>What was done, such as <c>Created a person: Ada Okafor</c>.</summary>
    public string Title => Find("kind") == "sign"
        ? Outcome == "success" ? $"Signature{Times}" : $"Signature {Outcome}{Times}"
        : $"{ActionWords.VerbOf(Verb)} {Noun.Noun}{(SubjectName is { } name ? $": {name}" : "")}";

    /// <summary>Reads an entry.</summary>
    public static EntryText Of(LedgerEntry entry) => new(entry.OperationId, JsonDocument.Parse(entry.Json).RootElement);

    /// <summary>A member of the entry as text; null if it is absent.</summary>
    public string? Find(string member) => !_entry.TryGetProperty(member, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : value.ToString();

    private string Action => Find("action") ?? "";

    private string Verb => Action[(Action.IndexOf('.', StringComparison.Ordinal) + 1)..];

    private (string Noun, string? Page) Noun => ActionWords.NounOf(Action.Split('.')[0]);

    private string Times => Find("count") is { } count && long.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var times)
        ? string.Create(CultureInfo.InvariantCulture, $" ({times:n0} times)") : "";

    private string? SubjectName => SignerName ?? FindNamed("name") ?? FindNamed("commonName") ?? FindNamed("subject") ?? FindNamed("url");

    private string? FindNamed(string member) =>
        _entry.TryGetProperty("changes", out var changes) && changes.ValueKind == JsonValueKind.Object
        && changes.TryGetProperty(member, out var change) && change.ValueKind == JsonValueKind.Object
            ? FindText(change, "to") ?? FindText(change, "from")
            : null;

    private static string? FindText(JsonElement element, string member) =>
        element.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
