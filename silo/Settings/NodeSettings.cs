using CodeSigning.Contract;
using CodeSigning.Silo.Ledger.Verification;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace CodeSigning.Silo.Settings;

/// <summary>What a node needs to know: the <c>CODESIGNING_*</c> settings that are not about how it is asked.</summary>
public sealed record NodeSettings
{
    /// <summary>The data directory, as a full path.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The connection string of the service's role on PostgreSQL; null for an SQLite file in the data directory.</summary>
    public required string? PostgreSql { get; init; }

    /// <summary>The connection string of the role that owns the schema; null where that is the service's own.</summary>
    public required string? PostgreSqlOwner { get; init; }

    /// <summary>The master key as base64, or <c>file:PATH</c>; null for the data directory's own file.</summary>
    public required string? MasterKey { get; init; }

    /// <summary>The address under which the world reaches this service; certificates name it as the place of their CRL.</summary>
    public required Uri PublicUrl { get; init; }

    /// <summary>The first administrator's address; used on an empty store only.</summary>
    public required string AdministratorEmail { get; init; }

    /// <summary>The first administrator's password; null for one that is made up and printed once.</summary>
    public required string? AdministratorPassword { get; init; }

    /// <summary>The file outside the store in which this node keeps its high-water mark, as a full path; null for the data directory's own.</summary>
    public string? HighWater { get; init; }

    /// <summary>The file or the directory of lists of compromised keys, as a full path; null for none.</summary>
    public string? CompromisedKeys { get; init; }

    /// <summary>How often the whole ledger is verified in the background; zero for never.</summary>
    public TimeSpan VerificationInterval { get; init; } = new VerificationOptions().Interval;

    /// <summary>Reads and checks the settings; the data directory is made where it is missing.</summary>
    /// <exception cref="SettingsException">They hold mistakes.</exception>
    public static NodeSettings Read(IConfiguration configuration)
    {
        var mistakes = new List<string>();
        var database = Text(configuration, "CODESIGNING_DB") is { } text and not "sqlite" ? text : null;
        var owner = Text(configuration, "CODESIGNING_DB_MIGRATE");
        CheckConnection("CODESIGNING_DB", database, " or the word sqlite", mistakes);
        CheckConnection("CODESIGNING_DB_MIGRATE", owner, "", mistakes);
        if (database is null && owner is not null)
        {
            mistakes.Add("CODESIGNING_DB_MIGRATE is set but CODESIGNING_DB is not: SQLite has no roles. Set both or neither.");
        }

        var settings = new NodeSettings
        {
            DataDirectory = Path.GetFullPath(Text(configuration, "CODESIGNING_DATA") ?? "data"),
            PostgreSql = database,
            PostgreSqlOwner = owner,
            MasterKey = Text(configuration, "CODESIGNING_MASTER_KEY"),
            PublicUrl = ReadPublicUrl(configuration, mistakes),
            AdministratorEmail = Text(configuration, "CODESIGNING_ADMIN_EMAIL") ?? "admin@localhost",
            AdministratorPassword = Text(configuration, "CODESIGNING_ADMIN_PASSWORD"),
            HighWater = ReadHighWater(configuration, mistakes),
            CompromisedKeys = ReadCompromisedKeys(configuration, mistakes),
            VerificationInterval = ReadVerificationInterval(configuration, mistakes),
        };
        DataDirectories.Prepare(settings.DataDirectory, mistakes);
        return mistakes.Count == 0 ? settings : throw new SettingsException(mistakes);
    }

    /// <summary>Where the store is.</summary>
    public StorageOptions ToStorage() => new()
    {
        Database = PostgreSql ?? "sqlite",
        Migrate = PostgreSqlOwner,
        DataDirectory = DataDirectory,
        HighWater = HighWater,
    };

    /// <summary>Says where things are, and no secret.</summary>
    public override string ToString() => $"{(PostgreSql is null ? "SQLite" : "PostgreSQL")}, data in {DataDirectory}";

    private static string? Text(IConfiguration configuration, string name) =>
        configuration[name] is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

    private static string? ReadHighWater(IConfiguration configuration, List<string> mistakes)
    {
        if (Text(configuration, "CODESIGNING_HIGH_WATER") is not { } text)
        {
            return null;
        }

        var path = Path.GetFullPath(text);
        if (!Directory.Exists(Path.GetDirectoryName(path)) || Directory.Exists(path))
        {
            mistakes.Add($"CODESIGNING_HIGH_WATER is '{text}'. It is a file, which the server makes, in a directory that is there.");
        }

        return path;
    }

    private static string? ReadCompromisedKeys(IConfiguration configuration, List<string> mistakes)
    {
        if (Text(configuration, "CODESIGNING_COMPROMISED_KEYS") is not { } text)
        {
            return null;
        }

        var path = Path.GetFullPath(text);
        if (!Path.Exists(path))
        {
            mistakes.Add($"CODESIGNING_COMPROMISED_KEYS is '{text}', which is not there. It is a list of compromised keys, or a directory of such lists.");
        }

        return path;
    }

    private static TimeSpan ReadVerificationInterval(IConfiguration configuration, List<string> mistakes)
    {
        const string name = "CODESIGNING_VERIFY_INTERVAL";
        var text = Text(configuration, name);
        if (text is null)
        {
            return new VerificationOptions().Interval;
        }

        if (text == "off")
        {
            return TimeSpan.Zero;
        }

        if (!Duration.TryParse(text, out var interval))
        {
            mistakes.Add($"{name} is '{text}'. It is a duration such as 1d or 12h, or the word off.");
        }

        return interval;
    }

    private static Uri ReadPublicUrl(IConfiguration configuration, List<string> mistakes)
    {
        var text = Text(configuration, "CODESIGNING_PUBLIC_URL") ?? PublicUrls.FirstOf(Text(configuration, "CODESIGNING_URLS"));
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Query.Length == 0)
        {
            return url;
        }

        mistakes.Add($"CODESIGNING_PUBLIC_URL is '{text}', which is not an address such as https://signing.example.com.");
        return new Uri(PublicUrls.Usual);
    }

    private static void CheckConnection(string name, string? connection, string alternative, List<string> mistakes)
    {
        try
        {
            if (connection is not null && string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(connection).Host))
            {
                mistakes.Add($"{name} names no Host. It is a PostgreSQL connection string such as Host=db;Database=codesigning;Username=service{alternative}.");
            }
        }
        catch (Exception malformed) when (malformed is ArgumentException or FormatException or KeyNotFoundException)
        {
            // What is malformed may hold a password, so it is not repeated.
            mistakes.Add($"{name} is not a PostgreSQL connection string such as Host=db;Database=codesigning;Username=service{alternative}.");
        }
    }
}

/// <summary>Under which address the world reaches a service that listens on some.</summary>
internal static class PublicUrls
{
    /// <summary>Where the service listens if nothing else is said.</summary>
    public const string Usual = "http://127.0.0.1:8080";

    private static readonly string[] AnyAddress = ["://0.0.0.0", "://[::]", "://*", "://+"];

    /// <summary>The first of the addresses; a host name in place of one that means all addresses of this machine.</summary>
    public static string FirstOf(string? urls)
    {
        var first = (urls ?? Usual).Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(Usual);
        return AnyAddress.Aggregate(
            first,
            (url, any) => url.Replace(any, $"://{Environment.MachineName.ToLowerInvariant()}", StringComparison.Ordinal));
    }
}
