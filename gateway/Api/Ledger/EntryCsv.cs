using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CodeSigning.Contract;

namespace CodeSigning.Gateway.Api.Ledger;

/// <summary>
/// Entries as CSV (RFC 4180), without what was signed and the signature, which the exact text has. A cell that a spreadsheet would
/// take for a formula begins with an apostrophe.
/// </summary>
internal static class EntryCsv
{
    private static readonly (string Name, Func<EntryBody, string?> Of)[] Columns =
    [
        ("operationId", entry => entry.OperationId),
        ("at", entry => UtcTimeConverter.ToText(entry.At)),
        ("kind", entry => JsonNamingPolicy.CamelCase.ConvertName(entry.Kind.ToString())),
        ("outcome", entry => JsonNamingPolicy.CamelCase.ConvertName(entry.Outcome.ToString())),
        ("code", entry => entry.Code),
        ("actorKind", entry => JsonNamingPolicy.CamelCase.ConvertName(entry.Actor.Kind.ToString())),
        ("actorId", entry => entry.Actor.Id),
        ("actorName", entry => entry.Actor.Name),
        ("address", entry => entry.Address),
        ("signerId", entry => entry.SignerId),
        ("signerName", entry => entry.SignerName),
        ("certificateSerial", entry => entry.CertificateSerial),
        ("signingAlgorithm", entry => entry.SigningAlgorithm),
        ("dataHash", entry => entry.DataHash),
        ("grantId", entry => entry.GrantId),
        ("use", entry => entry.Use?.ToString(CultureInfo.InvariantCulture)),
        ("count", entry => entry.Count?.ToString(CultureInfo.InvariantCulture)),
        ("action", entry => entry.Action),
        ("subject", entry => entry.Subject),
        ("clientMetadata", entry => entry.ClientMetadata is { } metadata ? JsonSerializer.Serialize(metadata, ContractJson.Options) : null),
        ("stream", entry => entry.Stream),
        ("number", entry => entry.Number.ToString(CultureInfo.InvariantCulture)),
        ("hash", entry => entry.Hash),
    ];

    /// <summary>Writes the line of the columns' names.</summary>
    public static void WriteNames(IBufferWriter<byte> file) => WriteLine(file, Columns.Select(column => column.Name));

    /// <summary>Writes an entry's line.</summary>
    public static void Write(IBufferWriter<byte> file, EntryBody entry) => WriteLine(file, Columns.Select(column => CellOf(column.Of(entry))));

    /// <summary>A cell: never a formula, and quoted where it must be. Pure function.</summary>
    internal static string CellOf(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        // A tab or a carriage return before it is skipped by spreadsheets.
        var cell = text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? "'" + text : text;
        return cell.AsSpan().ContainsAny(",\"\r\n") ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;
    }

    private static void WriteLine(IBufferWriter<byte> file, IEnumerable<string> cells) =>
        Encoding.UTF8.GetBytes(string.Join(',', cells) + "\r\n", file);
}
