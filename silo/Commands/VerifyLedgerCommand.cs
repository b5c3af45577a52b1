using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodeSigning.Silo.Ledger.Verification;

namespace CodeSigning.Silo.Commands;

/// <summary><c>silo verify-ledger FILE --key KEY [--key KEY …] [--checkpoint FILE …]</c>: verifies an export offline.</summary>
public static class VerifyLedgerCommand
{
    private const string Usage =
        """
        Usage: silo verify-ledger FILE --key KEY [--key KEY ...] [--checkpoint FILE ...]
          FILE          an export of the ledger
          --key         the ledger's public key, PEM or DER; more than one if the key was changed
          --checkpoint  checkpoints that were kept outside: one a line, or an answer of GET /api/v1/ledger/checkpoints
        """;

    /// <summary>Verifies and says in plain sentences what it found.</summary>
    /// <returns>The exit status: 0 intact, 1 not intact, 2 not verified.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        string? file = null;
        List<string> checkpoints = [];
        using VerificationKeys keys = new();
        var hasKey = false;
        try
        {
            for (var i = 0; i < arguments.Count; i++)
            {
                switch (arguments[i])
                {
                    case "--key" when i + 1 < arguments.Count:
                        keys.Add(ReadKey(arguments[++i]));
                        hasKey = true;
                        break;
                    case "--checkpoint" when i + 1 < arguments.Count:
                        checkpoints.AddRange(ReadCheckpoints(arguments[++i]));
                        break;
                    case var argument when file is null && !argument.StartsWith('-'):
                        file = argument;
                        break;
                    default:
                        await errors.WriteLineAsync(Usage);
                        return 2;
                }
            }

            if (file is null || !hasKey)
            {
                await errors.WriteLineAsync(Usage);
                return 2;
            }

            await using var export = File.OpenRead(file);
            var report = await LedgerVerifier.VerifyAsync(
                export, keys, checkpoints.Select(text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text)), cancellationToken);
            await WriteAsync(report, checkpoints.Count, output);
            return report.Intact ? 0 : 1;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException or CryptographicException or JsonException)
        {
            await errors.WriteLineAsync($"Nothing was verified. {exception.Message}");
            return 2;
        }
    }

    private static async Task WriteAsync(VerificationReport report, int kept, TextWriter output)
    {
        foreach (var problem in report.Problems)
        {
            var place = (problem.Stream, problem.Number) switch
            {
                ({ } stream, { } number) => $"{stream}, entry {number}: ",
                ({ } stream, null) => $"{stream}: ",
                _ => "",
            };
            await output.WriteLineAsync(place + problem.What);
        }

        if (report.Part is { } part)
        {
            await output.WriteLineAsync($"The export holds a part of the ledger, {part}. What is missing before and after it cannot be seen.");
        }

        if (kept == 0)
        {
            await output.WriteLineAsync("No checkpoint kept outside was given: what was cut off at the end of the ledger cannot be seen.");
        }

        await output.WriteLineAsync(report.Intact
            ? $"Intact: {report.Entries} entries and {report.Checkpoints} checkpoints hold."
            : $"Not intact: {report.Problems.Count} problems in {report.Entries} entries and {report.Checkpoints} checkpoints.");
    }

    private static byte[] ReadKey(string file)
    {
        var bytes = File.ReadAllBytes(file);
        var text = Encoding.ASCII.GetString(bytes);
        if (!PemEncoding.TryFind(text, out var fields))
        {
            return bytes;
        }

        return Convert.FromBase64String(text[fields.Base64Data]);
    }

    // A checkpoint's signature is over its text, so its text is taken as it stands.
    private static string[] ReadCheckpoints(string file)
    {
        var text = File.ReadAllText(file).Trim();
        if (text.StartsWith("{\"kind\":\"checkpoint\"", StringComparison.Ordinal))
        {
            return text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        }

        using var document = JsonDocument.Parse(text);
        return document.RootElement is { ValueKind: JsonValueKind.Object } answer
            && answer.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Array
            && items.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
                ? [.. items.EnumerateArray().Select(item => item.GetString()!)]
                : throw new InvalidDataException($"There are no checkpoints in {file}.");
    }
}
