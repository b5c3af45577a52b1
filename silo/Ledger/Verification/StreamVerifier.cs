using System.Text.Json;
using CodeSigning.Silo.Ledger.Entries;

namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>
/// Verifies one stream entry by entry: consecutive numbers, each entry's hash and its link to the previous one,
/// non-decreasing times, and a signed head at each batch's end.
/// </summary>
internal sealed class StreamVerifier(string stream, VerificationKeys keys, ProblemList problems)
{
    private string? _lastAt;

    public string Stream => stream;

    /// <summary>The number of the last entry seen; 0 before the first.</summary>
    public long Number { get; private set; }

    /// <summary>The last entry's stated hash; null if unknown, as at the beginning of a part.</summary>
    public string? Hash { get; private set; } = CheckpointText.NoPrevious;

    /// <summary>The last entry that a signed head covers.</summary>
    public long CoveredTo { get; private set; }

    /// <summary>Whether a signed head has closed the stream.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Begins at a later entry than the first, without those before it.</summary>
    public void BeginAt(long number)
    {
        Number = number - 1;
        Hash = number == 1 ? CheckpointText.NoPrevious : null;
        CoveredTo = number - 1;
    }

    /// <summary>Continues after an entry that was verified before, under a signed head.</summary>
    public void ContinueAfter(long number, string hash) => (Number, Hash, CoveredTo) = (number, hash, number);

    /// <summary>Verifies the next entry.</summary>
    /// <returns>The entry; null if it is malformed.</returns>
    public ParsedEntry? AddEntry(ReadOnlyMemory<byte> text)
    {
        var expected = Number + 1;
        if (ParsedEntry.TryRead(text) is not { } entry)
        {
            problems.Add(stream, expected, "The entry is not in the form of the ledger: it was changed.");
            (Number, Hash) = (expected, null);
            return null;
        }

        if (entry.Stream != stream)
        {
            problems.Add(stream, expected, $"An entry of stream {entry.Stream} stands here.");
        }

        if (entry.ActualHash != entry.StatedHash)
        {
            problems.Add(stream, entry.Number, "The entry was changed: its hash does not fit its text.");
        }

        if (entry.Number != expected)
        {
            AddGap(entry.Number, expected);
        }
        else if (Hash is not null && entry.PreviousHash != Hash)
        {
            problems.Add(stream, entry.Number, $"The entry does not follow entry {Number}: one of the two was changed, replaced or moved.");
        }

        if (_lastAt is not null && string.CompareOrdinal(entry.At, _lastAt) < 0)
        {
            problems.Add(stream, entry.Number, "The entry bears an earlier time than the one before it.");
        }

        if (IsClosed)
        {
            problems.Add(stream, entry.Number, "The entry stands behind the end of a closed stream.");
        }

        (Number, Hash, _lastAt) = (entry.Number, entry.StatedHash, entry.At);
        return entry;
    }

    /// <summary>Verifies a signed head, which follows the last entry that it covers.</summary>
    public void AddHead(ReadOnlyMemory<byte> text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var head = ParsedHeads.Read(document.RootElement, "closing");
            if (keys.FindFault(text.Span, document.RootElement) is { } fault)
            {
                problems.Add(stream, head.Number, $"The signed head {fault}.");
            }
            else
            {
                Cover(head);
            }
        }
        catch (Exception malformed) when (malformed is JsonException or FormatException)
        {
            problems.Add(stream, Number, "A signed head is not in the form of the ledger: it was changed.");
        }
    }

    /// <summary>Verifies that the last entries are covered too.</summary>
    public void Finish()
    {
        if (CoveredTo < Number)
        {
            problems.Add(stream, CoveredTo + 1, $"No signed head covers the entries {CoveredTo + 1} to {Number}.");
        }
    }

    private void Cover(StreamEnd head)
    {
        if (head.Stream != stream)
        {
            problems.Add(stream, Number, $"A signed head of stream {head.Stream} stands here.");
        }
        else if (head.Number > Number)
        {
            problems.Add(stream, Number + 1, $"The entries {Number + 1} to {head.Number} are missing: a signed head names the last of them.");
        }
        else if (head.Number < Number)
        {
            problems.Add(stream, head.Number, "A signed head stands in another place than its own.");
        }
        else if (Hash is not null && head.Hash != Hash)
        {
            problems.Add(stream, head.Number, "The entry is not the one that was signed: it, or one before it, was changed.");
        }
        else if (head.Number == CoveredTo && head.IsClosed == IsClosed)
        {
            problems.Add(stream, head.Number, "A signed head is there twice.");
        }

        CoveredTo = Math.Max(CoveredTo, Math.Min(head.Number, Number));
        IsClosed |= head.IsClosed;
    }

    private void AddGap(long found, long expected)
    {
        if (found > expected)
        {
            problems.Add(stream, expected, found == expected + 1 ? "The entry is missing." : $"The entries {expected} to {found - 1} are missing.");
        }
        else
        {
            problems.Add(stream, found, $"The entry stands where entry {expected} is expected: it was moved or inserted.");
        }
    }
}

/// <summary>The parsed members of an entry that verification needs.</summary>
internal sealed record ParsedEntry(
    string OperationId, string Kind, string Outcome, string? SignerId, string ActorId, string? GrantId, long? Use,
    string At, string Stream, long Number, string PreviousHash, string StatedHash, string ActualHash, IReadOnlyList<string> Writes)
{
    /// <summary>Parses an entry's text; null if it is malformed.</summary>
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

/// <summary>Parses the stream ends in heads, checkpoints and exports.</summary>
internal static class ParsedHeads
{
    /// <summary>The ends in the member <c>heads</c>.</summary>
    /// <exception cref="FormatException">They are malformed.</exception>
    public static List<StreamEnd> ReadAll(JsonElement json)
    {
        try
        {
            return [.. json.GetProperty("heads").EnumerateArray().Select(head => Read(head, "closed"))];
        }
        catch (Exception malformed) when (malformed is InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException("The heads are malformed: expected the ledger's format.", malformed);
        }
    }

    /// <summary>One end.</summary>
    /// <exception cref="FormatException">It is malformed.</exception>
    public static StreamEnd Read(JsonElement json, string closedMember)
    {
        try
        {
            return new StreamEnd(
                json.GetProperty("stream").GetString() ?? throw new FormatException(),
                json.GetProperty("number").GetInt64(),
                json.GetProperty("hash").GetString() ?? throw new FormatException(),
                json.TryGetProperty(closedMember, out var closed) && closed.GetBoolean())
            {
                First = json.TryGetProperty("first", out var first) ? first.GetInt64() : 1,
            };
        }
        catch (Exception malformed) when (malformed is InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException("The head is malformed: expected the ledger's format.", malformed);
        }
    }
}
