using System.Text.Json;
using CodeSigning.Silo.Ledger.Entries;

namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>Reads the streams' ends that heads, checkpoints and exports name.</summary>
internal static class ParsedHeads
{
    /// <summary>The ends in the member <c>heads</c>.</summary>
    /// <exception cref="FormatException">They are not in the form of the ledger.</exception>
    public static List<StreamEnd> ReadAll(JsonElement json)
    {
        try
        {
            return [.. json.GetProperty("heads").EnumerateArray().Select(head => Read(head, "closed"))];
        }
        catch (Exception malformed) when (malformed is InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException("The heads are not in the form of the ledger.", malformed);
        }
    }

    /// <summary>One end.</summary>
    /// <exception cref="FormatException">It is not in the form of the ledger.</exception>
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
            throw new FormatException("The head is not in the form of the ledger.", malformed);
        }
    }
}
