namespace CodeSigning.Silo.Commands;

/// <summary>
/// Tells the server's arguments from a verb's, without the cost of the parser: the server's are settings in the forms that the
/// host takes (<c>--NAME=VALUE</c>, <c>--NAME VALUE</c>, <c>/NAME=VALUE</c>, <c>NAME=VALUE</c>), after the verb <c>run</c> or
/// after none.
/// </summary>
internal static class ServerArguments
{
    /// <summary>The verb that may be left out.</summary>
    public const string Verb = "run";

    private static readonly string[] OfTheParser = ["--help", "-h", "/h", "-?", "/?", "--version"];

    /// <summary>Whether they ask for the server.</summary>
    public static bool IsServer(string[] arguments) => arguments switch
    {
        [] => true,
        [Verb, .. var rest] => rest is not [var first, ..] || !OfTheParser.Contains(first),
        [var first, ..] => IsSetting(first) && !OfTheParser.Contains(first),
    };

    /// <summary>The settings among the arguments of the server.</summary>
    public static string[] SettingsOf(string[] arguments) => arguments is [Verb, .. var rest] ? rest : arguments;

    /// <summary>The sentence about the first that the host would pass over; null where it takes them all.</summary>
    public static string? FindMistake(string[] settings)
    {
        for (var i = 0; i < settings.Length; i++)
        {
            if (!IsSetting(settings[i]))
            {
                return $"'{settings[i]}' is not a setting: expected --NAME=VALUE.";
            }

            // The value is the next argument, whatever it looks like.
            if (!settings[i].Contains('=') && ++i == settings.Length)
            {
                return $"{settings[^1]} has no value: expected --NAME=VALUE.";
            }
        }

        return null;
    }

    private static bool IsSetting(string argument) =>
        argument.StartsWith("--", StringComparison.Ordinal) || argument.StartsWith('/') || (argument.Contains('=') && !argument.StartsWith('-'));
}
