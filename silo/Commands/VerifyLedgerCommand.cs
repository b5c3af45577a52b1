using System.Security.Cryptography;
using CodeSigning.Silo.Ledger.Verification;

namespace CodeSigning.Silo.Commands;

/// <summary>
/// <c>silo verify-ledger FILE --key KEY [--checkpoint FILE]…</c>: verifies an export with the public key and with checkpoints
/// that were kept outside, and with nothing else.
/// </summary>
internal static class VerifyLedgerCommand
{
    public const string Name = "verify-ledger";
    private const int Intact = 0;
    private const int Broken = 1;
    private const int Misused = 2;

    public static async Task<int> RunAsync(string[] arguments, TextWriter output, CancellationToken cancellationToken)
    {
        if (Parse(arguments) is not { } asked)
        {
            await output.WriteLineAsync("Usage: silo verify-ledger FILE --key KEY.pem [--checkpoint FILE]...");
            return Misused;
        }

        try
        {
            using var keys = new VerificationKeys();
            foreach (var path in asked.Keys)
                keys.Add(ReadPublicKey(await File.ReadAllTextAsync(path, cancellationToken)));

            List<ReadOnlyMemory<byte>> kept = [];
            foreach (var path in asked.Checkpoints)
                kept.Add(TrimEnd(await File.ReadAllBytesAsync(path, cancellationToken)));

            await using var export = File.OpenRead(asked.Export);
            return await TellAsync(await LedgerVerifier.VerifyAsync(export, keys, kept, cancellationToken), output);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or CryptographicException)
        {
            await output.WriteLineAsync(unreadable.Message);
            return Misused;
        }
    }

    private static async Task<int> TellAsync(VerificationReport report, TextWriter output)
    {
        foreach (var problem in report.Problems)
            await output.WriteLineAsync($"{problem.Stream ?? "-"} {problem.Number?.ToString() ?? "-"}: {problem.What}");

        if (report.Part is { } part)
            await output.WriteLineAsync(part);

        await output.WriteLineAsync(report.Intact
            ? $"Intact: {report.Entries} entries, {report.Checkpoints} checkpoints."
            : $"NOT intact: {report.Problems.Count} problems in {report.Entries} entries, {report.Checkpoints} checkpoints.");
        return report.Intact ? Intact : Broken;
    }

    private static Arguments? Parse(string[] arguments)
    {
        string? export = null;
        List<string> keys = [];
        List<string> checkpoints = [];
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] is "--key" or "--checkpoint" && i + 1 < arguments.Length)
                (arguments[i] == "--key" ? keys : checkpoints).Add(arguments[++i]);
            else if (export is null && !arguments[i].StartsWith('-'))
                export = arguments[i];
            else
                return null;
        }

        return export is null || keys.Count == 0 ? null : new Arguments(export, keys, checkpoints);
    }

    private static byte[] ReadPublicKey(string pem)
    {
        using var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
        }
        catch (ArgumentException malformed)
        {
            throw new CryptographicException("The key is not a PEM file with a public key of the ledger.", malformed);
        }

        return key.ExportSubjectPublicKeyInfo();
    }

    private static ReadOnlyMemory<byte> TrimEnd(byte[] content) => content.AsMemory().TrimEnd("\r\n"u8);

    private sealed record Arguments(string Export, IReadOnlyList<string> Keys, IReadOnlyList<string> Checkpoints);
}
