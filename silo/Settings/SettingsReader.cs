using System.Collections.Immutable;
using System.Text;
using CodeSigning.Contract;
using CodeSigning.Silo.Keys;
using Microsoft.Extensions.Configuration;

namespace CodeSigning.Silo.Settings;

/// <summary>
/// Reads the settings of a start, each once, and gathers the mistakes, so that all are named together and before anything is
/// started. It is not ValidateOnStart, since the settings decide which services there are, and that looks when those are made.
/// </summary>
public sealed class SettingsReader
{
    private readonly IConfiguration _configuration;
    private readonly HashSet<string> _read = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _mistakes = [];

    /// <summary>Reads from a configuration, in which a slip in a setting's name is a mistake.</summary>
    public SettingsReader(IConfiguration configuration)
    {
        _configuration = configuration;
        Unknown = [.. UnknownSetting.Find(configuration)];
        _mistakes.AddRange(Unknown.Where(unknown => unknown.IsSlip).Select(unknown => unknown.ToString()));
    }

    /// <summary>Reads a group of settings, and ends the start if they hold mistakes.</summary>
    /// <param name="configuration">The configuration to read from.</param>
    /// <param name="read">Reads them; mistakes go to the reader.</param>
    /// <exception cref="SettingsException">The settings hold mistakes. It names them all.</exception>
    public static T ReadAll<T>(IConfiguration configuration, Func<SettingsReader, T> read)
    {
        SettingsReader reader = new(configuration);
        var settings = read(reader);
        reader.ThrowIfMistaken();
        return settings;
    }

    /// <summary>The variables that are named like settings and that nothing reads.</summary>
    public ImmutableArray<UnknownSetting> Unknown { get; private set; }

    /// <summary>The names of the settings that were read so far.</summary>
    public IReadOnlySet<string> Read => _read;

    /// <summary>The mistakes so far, a sentence each.</summary>
    public IReadOnlyList<string> Mistakes => _mistakes;

    /// <summary>A setting without a byte order mark and the blanks around it; null where it is not set, or blank.</summary>
    /// <exception cref="ArgumentException">It is none of <see cref="KnownSettings"/>, or was read before.</exception>
    public string? Text(string name)
    {
        if (!KnownSettings.Names.Contains(name) || !_read.Add(name))
        {
            throw new ArgumentException($"{name} is not a setting, or is read twice.", nameof(name));
        }

        return _configuration[name] is { } text && !string.IsNullOrWhiteSpace(text) && !UnknownSetting.IsServiceLink(name, text)
            ? PastedText.Trim(text).Trim()
            : null;
    }

    /// <summary>
    /// A setting that is a secret: its text, or after <c>file:</c> the path of a file that its owner alone may read, without
    /// white space around it. Null where it is not set, or cannot be read, which is a mistake.
    /// </summary>
    /// <exception cref="ArgumentException">It is none of <see cref="KnownSettings"/>, or was read before.</exception>
    public string? Secret(string name)
    {
        var text = Text(name);
        if (text is null || SecretFile.PathOf(text) is not { } path)
        {
            return text;
        }

        try
        {
            using var secret = SecretFile.ReadText(name, path);
            return Encoding.UTF8.GetString(secret.Span);
        }
        catch (SecretFileException mistake)
        {
            Refuse(mistake.Message);
            return null;
        }
    }

    /// <summary>Takes a variable that a setting names for one that is known, although it is named like a setting.</summary>
    public void Excuse(string variable)
    {
        foreach (var excused in Unknown.Where(unknown => string.Equals(unknown.Name, variable, StringComparison.OrdinalIgnoreCase)))
        {
            _mistakes.Remove(excused.ToString());
            Unknown = Unknown.Remove(excused);
        }
    }

    /// <summary>Adds a mistake.</summary>
    /// <param name="sentence">Which setting, what is wrong with it and what was expected; no secret.</param>
    public void Refuse(string sentence) => _mistakes.Add(sentence);

    /// <summary>Ends the start where there are mistakes.</summary>
    /// <exception cref="SettingsException">There are. It names them all.</exception>
    public void ThrowIfMistaken()
    {
        if (_mistakes.Count != 0)
        {
            throw new SettingsException(_mistakes);
        }
    }
}
