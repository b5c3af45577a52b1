using System.Text.Json;
using CodeSigning.Silo.Ledger.Entries;

namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>What verification reads of an entry.</summary>
internal sealed record ParsedEntry(
    string OperationId, string Kind, string Outcome, string? SignerId, string ActorId, string? GrantId, long? Use,
    string At, string Stream, long Number, string PreviousHash, string StatedHash, string ActualHash, IReadOnlyList<string> Writes)
{
    /// <summary>Reads an entry's text; null where it is none.</summary>
    public static ParsedEntry? TryRead(ReadOnlyMemory<byte> text)
    {
        if (!EntryText.TryGetStatedHash(text.Span, out var stated))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            return new ParsedEntry(
                Text(root, "operationId"),
                Text(root, "kind"),
                Text(root, "outcome"),
                OptionalText(root, "signerId"),
                Text(root.GetProperty("actor"), "id"),
                OptionalText(root, "grantId"),
                root.TryGetProperty("use", out var use) ? use.GetInt64() : null,
                Text(root, "at"),
                Text(root, "stream"),
                root.GetProperty("number").GetInt64(),
                Text(root, "previousHash"),
                System.Text.Encoding.ASCII.GetString(stated),
                Convert.ToHexStringLower(EntryText.ComputeHash(text.Span)),
                root.TryGetProperty("writes", out var writes) ? [.. writes.EnumerateArray().Select(w => w.GetString()!)] : []);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? throw new FormatException();

    private static string? OptionalText(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) ? value.GetString() : null;
}
