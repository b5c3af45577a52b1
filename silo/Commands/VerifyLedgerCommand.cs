using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodeSigning.Silo.Ledger.Verification;

namespace CodeSigning.Silo.Commands;

/// <summary><c>silo verify-ledger FILE --key KEY [--key KEY …] [--checkpoint FILE …]</c>: verifies an export offline.</summary>
internal static class VerifyLedgerCommand
{
    private const int NotVerified = 2;

    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Argument<string> file = new("FILE") { Description = "an export of the ledger" };
        Option<string[]> keys = new("--key")
        {
            Description = "the ledger's public key, PEM or DER; more than one if the key was changed",
            HelpName = "FILE",
            Required = true,
        };
        Option<string[]> checkpoints = new("--checkpoint")
        {
            Description = "checkpoints that were kept outside: one a line, or an answer of GET /api/v1/ledger/checkpoints",
            HelpName = "FILE",
        };
        Command command = new("verify-ledger", "verifies an export of the ledger offline") { file, keys, checkpoints };
        command.SetAction((result, cancellationToken) => RunAsync(
            result.GetRequiredValue(file),
            result.GetRequiredValue(keys),
            result.GetValue(checkpoints) ?? [],
            result.InvocationConfiguration.Output,
            result.InvocationConfiguration.Error,
            cancellationToken));
        return command;
    }

    /// <summary>Verifies and says in plain sentences what it found.</summary>
    /// <returns>The exit status: 0 intact, 1 not intact, 2 not verified.</returns>
    private static async Task<int> RunAsync(
        string file, string[] keyFiles, string[] checkpointFiles, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        try
        {
            using VerificationKeys keys = new();
            foreach (var keyFile in keyFiles)
            {
                keys.Add(ReadKey(keyFile));
            }

            string[] checkpoints = [.. checkpointFiles.SelectMany(ReadCheckpoints)];
            await using var export = File.OpenRead(file);
            var report = await LedgerVerifier.VerifyAsync(
                export, keys, checkpoints.Select(text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text)), cancellationToken);
            await WriteAsync(report, checkpoints.Length, output);
            return report.Intact ? 0 : 1;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException or CryptographicException or JsonException)
        {
            await errors.WriteLineAsync($"Nothing was verified. {exception.Message}");
            return NotVerified;
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
