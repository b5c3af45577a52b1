using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CodeSigning.Contract;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Hsm;

/// <summary>One HSM of the file of <c>CODESIGNING_HSM</c>.</summary>
/// <param name="Name">Its name, which certificates' <c>custody</c> refers to.</param>
/// <param name="Module">The path of its PKCS#11 module.</param>
/// <param name="TokenLabel">The label of the token.</param>
/// <param name="Pin">Where the user PIN is.</param>
/// <param name="Sessions">The number of sessions, which is that of concurrent signatures.</param>
public sealed partial record HsmSettings(string Name, string Module, string TokenLabel, PinSource Pin, int Sessions)
{
    /// <summary>The word of <c>custody</c> for keys that are in no HSM.</summary>
    public const string Software = "software";

    private const int MostSessions = 256;
    private const int UsualSessions = 8;
    private const int LongestLabel = 32;

    private static readonly string[] Members = ["module", "tokenLabel", "pin", "sessions"];

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Reads the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="refuse">Takes a sentence for each mistake, which names the field.</param>
    public static ImmutableArray<HsmSettings> Read(string path, Action<string> refuse)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), Strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return [.. document.RootElement.EnumerateObject()
                    .Select(member => ReadOne(member.Name, member.Value, sentence => refuse($"CODESIGNING_HSM: {path}: {sentence}")))
                    .OfType<HsmSettings>()];
            }

            refuse($"CODESIGNING_HSM: {path} is invalid: expected a JSON object with a member for each HSM.");
        }
        catch (JsonException malformed)
        {
            refuse($"CODESIGNING_HSM: {path} is not JSON: line {malformed.LineNumber + 1} is invalid.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            refuse($"CODESIGNING_HSM: {path} cannot be read: {fault.Message}");
        }

        return [];
    }

    private static HsmSettings? ReadOne(string name, JsonElement value, Action<string> refuse)
    {
        var mistakes = 0;
        void Refuse(string sentence)
        {
            mistakes++;
            refuse(sentence);
        }

        if (!NameForm().IsMatch(name) || name == Software)
        {
            Refuse($"the name '{name}' is invalid: expected 1 to 32 of a-z, 0-9 and '-', other than '{Software}'.");
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            Refuse($"'{name}' is invalid: expected an object with {string.Join(", ", Members)}.");
            return null;
        }

        foreach (var unknown in value.EnumerateObject().Where(member => !Members.Contains(member.Name)))
        {
            Refuse($"'{name}.{unknown.Name}' is unknown: expected {string.Join(", ", Members)}.");
        }

        var module = ReadText(name, value, "module", "the path of a PKCS#11 module", Refuse);
        if (module is not null && !File.Exists(module))
        {
            Refuse($"'{name}.module' is '{module}', which is not there: expected the path of a PKCS#11 module.");
        }

        var label = ReadText(name, value, "tokenLabel", "the token's label of at most 32 bytes", Refuse);
        if (label is not null && Encoding.UTF8.GetByteCount(label) > LongestLabel)
        {
            Refuse($"'{name}.tokenLabel' is too long: expected the token's label of at most 32 bytes.");
        }

        var pin = PinSource.Read($"{name}.pin", ReadText(name, value, "pin", PinSource.Expected, Refuse), Refuse);
        var sessions = ReadSessions(name, value, Refuse);
        return mistakes == 0 ? new HsmSettings(name, Path.GetFullPath(module!), label!, pin!, sessions) : null;
    }

    private static string? ReadText(string name, JsonElement value, string member, string expected, Action<string> refuse)
    {
        if (value.TryGetProperty(member, out var text) && text.ValueKind == JsonValueKind.String
            && !string.IsNullOrWhiteSpace(text.GetString()))
        {
            return text.GetString();
        }

        refuse($"'{name}.{member}' is missing or no text: expected {expected}.");
        return null;
    }

    private static int ReadSessions(string name, JsonElement value, Action<string> refuse)
    {
        if (!value.TryGetProperty("sessions", out var given))
        {
            return UsualSessions;
        }

        if (given.ValueKind == JsonValueKind.Number && given.TryGetInt32(out var sessions) && sessions is >= 1 and <= MostSessions)
        {
            return sessions;
        }

        refuse($"'{name}.sessions' is invalid: expected 1 to {MostSessions}.");
        return UsualSessions;
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,31}$")]
    private static partial Regex NameForm();
}

/// <summary>Where a PIN is. It is read at each login, so that a new one is taken without a restart.</summary>
public sealed record PinSource
{
    internal const string Expected = "file:PATH or env:NAME";

    private const string VariablePrefix = "env:";

    private PinSource(string? file, string? variable) => (File, Variable) = (file, variable);

    /// <summary>The file that holds it; null if it is in a variable.</summary>
    public string? File { get; }

    /// <summary>The environment variable that holds it; null if it is in a file.</summary>
    public string? Variable { get; }

    /// <summary>Reads and checks <c>file:PATH</c> or <c>env:NAME</c>.</summary>
    internal static PinSource? Read(string field, string? text, Action<string> refuse)
    {
        switch (text)
        {
            case null:
                return null;
            case var _ when SecretFile.PathOf(text) is { Length: > 0 } path:
                return CheckFile(field, Path.GetFullPath(path), refuse);
            case var _ when text.StartsWith(VariablePrefix, StringComparison.Ordinal) && text.Length > VariablePrefix.Length:
                var variable = text[VariablePrefix.Length..].Trim();
                if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable)))
                {
                    refuse($"'{field}' names the environment variable {variable}, which is not set.");
                }

                return new PinSource(null, variable);
            default:
                // The text may be the PIN itself, so it is not repeated.
                refuse($"'{field}' is invalid: expected {Expected}, never the PIN itself.");
                return null;
        }
    }

    /// <summary>Reads the PIN as UTF-8 without white space around it. The caller disposes it.</summary>
    /// <exception cref="IOException">The file cannot be read, is accessible to others or empty, or the variable is not set.</exception>
    internal SecretBytes ReadPin()
    {
        if (File is { } file)
        {
            return SecretFile.ReadText("the PIN", file);
        }

        var text = PastedText.Trim(Environment.GetEnvironmentVariable(Variable!));
        return string.IsNullOrEmpty(text) ? throw new IOException($"{this} holds no PIN.") : SecretBytes.OfText(text);
    }

    /// <summary>Where the PIN is, without it.</summary>
    public override string ToString() => File is { } file ? $"The file {file}" : $"The environment variable {Variable}";

    private static PinSource CheckFile(string field, string path, Action<string> refuse)
    {
        if (!System.IO.File.Exists(path))
        {
            refuse($"'{field}' names the file {path}, which is not there.");
            return new PinSource(path, null);
        }

        try
        {
            SecretFile.ReadText($"'{field}'", path).Dispose();
        }
        catch (SecretFileException mistake)
        {
            refuse(mistake.Message);
        }

        return new PinSource(path, null);
    }
}
