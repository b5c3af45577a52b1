using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Identities;
using CodeSigning.Silo.Hsm;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Ledger.Verification;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace CodeSigning.Silo.Settings;

/// <summary>What a node needs to know: the <c>CODESIGNING_*</c> settings that are not about how it is asked.</summary>
public sealed record NodeSettings
{
    private static readonly TimeSpan UsualIdleKeysOpen = TimeSpan.FromMinutes(10);

    /// <summary>The data directory, as a full path.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The connection string of the service's role on PostgreSQL; null for an SQLite file in the data directory.</summary>
    public required string? PostgreSql { get; init; }

    /// <summary>The connection string of the role that owns the schema; null where that is the service's own.</summary>
    public required string? PostgreSqlOwner { get; init; }

    /// <summary>The master key as base64 or wrapped, or <c>file:PATH</c>; null for the data directory's own file.</summary>
    public required string? MasterKey { get; init; }

    /// <summary>The HSM of <see cref="Hsms"/> that must have wrapped the master key; null for a plain one.</summary>
    public string? MasterKeyHsm { get; init; }

    /// <summary>The address under which the world reaches this service; certificates name it as the place of their CRL.</summary>
    public required Uri PublicUrl { get; init; }

    /// <summary>The first administrator's address; used on an empty store only.</summary>
    public required string AdministratorEmail { get; init; }

    /// <summary>The first administrator's password; null for one that is made up and printed once.</summary>
    public required string? AdministratorPassword { get; init; }

    /// <summary>Who must have a second factor.</summary>
    public SecondFactorRequirement SecondFactor { get; init; }

    /// <summary>The address of the one person who may sign in without the identity provider; null where all local accounts may.</summary>
    public string? BreakGlass { get; init; }

    /// <summary>The file outside the store in which this node keeps its high-water mark, as a full path; null for the data directory's own.</summary>
    public string? HighWater { get; init; }

    /// <summary>The file or the directory of lists of compromised keys, as a full path; null for none.</summary>
    public string? CompromisedKeys { get; init; }

    /// <summary>The HSMs.</summary>
    public ImmutableArray<HsmSettings> Hsms { get; init; } = [];

    /// <summary>How long a private key that is not used stays open in memory.</summary>
    public TimeSpan IdleKeysOpen { get; init; } = UsualIdleKeysOpen;

    /// <summary>How often the whole ledger is verified in the background; zero for never.</summary>
    public TimeSpan VerificationInterval { get; init; } = new VerificationOptions().Interval;

    /// <summary>Reads and checks the settings of a verb; the data directory is made where it is missing.</summary>
    /// <exception cref="SettingsException">They hold mistakes.</exception>
    public static NodeSettings Read(IConfiguration configuration) =>
        SettingsReader.ReadAll(configuration, static reader => Read(reader, ListenUrls.Read(reader)));

    /// <summary>Reads the settings; the reader has their mistakes. The data directory is made where it is missing.</summary>
    /// <param name="reader">Reads them.</param>
    /// <param name="urls">Where the gateway listens.</param>
    public static NodeSettings Read(SettingsReader reader, ImmutableArray<string> urls)
    {
        var database = reader.Text("CODESIGNING_DB") is { } text and not "sqlite" ? text : null;
        var owner = reader.Text("CODESIGNING_DB_MIGRATE");
        CheckConnection("CODESIGNING_DB", database, " or the word sqlite", reader);
        CheckConnection("CODESIGNING_DB_MIGRATE", owner, "", reader);
        if (database is null && owner is not null)
        {
            reader.Refuse("CODESIGNING_DB_MIGRATE is set but CODESIGNING_DB is not: SQLite has no roles. Set both or neither.");
        }

        var administrator = ReadAdministrator(reader);
        var hsms = ReadHsms(reader);
        var settings = new NodeSettings
        {
            DataDirectory = Path.GetFullPath(reader.Text("CODESIGNING_DATA") ?? "data"),
            PostgreSql = database,
            PostgreSqlOwner = owner,
            MasterKey = reader.Text("CODESIGNING_MASTER_KEY"),
            MasterKeyHsm = ReadMasterKeyHsm(hsms, reader),
            PublicUrl = ReadPublicUrl(reader, urls),
            AdministratorEmail = administrator.Email,
            AdministratorPassword = administrator.Password,
            SecondFactor = ReadSecondFactor(reader),
            BreakGlass = ReadBreakGlass(reader),
            HighWater = ReadHighWater(reader),
            CompromisedKeys = ReadCompromisedKeys(reader),
            Hsms = hsms,
            IdleKeysOpen = ReadIdleKeysOpen(reader),
            VerificationInterval = ReadVerificationInterval(reader),
        };
        DataDirectories.Prepare(settings.DataDirectory, reader);
        return settings;
    }

    /// <summary>Where the store is.</summary>
    public StorageOptions ToStorage() => new()
    {
        Database = PostgreSql ?? "sqlite",
        Migrate = PostgreSqlOwner,
        DataDirectory = DataDirectory,
        HighWater = HighWater,
    };

    /// <summary>How master keys are read: the only way that there is.</summary>
    public MasterKeySource ToMasterKeySource() =>
        new(MasterKey, DataDirectory, MasterKeyHsm, wrapped => TokenOf(wrapped.Hsm).Unwrap(wrapped));

    /// <summary>The token of an HSM for master keys.</summary>
    /// <exception cref="MasterKeyException">There is no such HSM.</exception>
    internal MasterKeyToken TokenOf(string hsm) => Hsms.FirstOrDefault(each => each.Name == hsm) is { } found
        ? new MasterKeyToken(found, DataDirectory)
        : throw new MasterKeyException($"The HSM '{hsm}' is not in CODESIGNING_HSM: {ExpectedOf(Hsms)}.");

    /// <summary>Says where things are, and no secret.</summary>
    public override string ToString() => $"{(PostgreSql is null ? "SQLite" : "PostgreSQL")}, data in {DataDirectory}";

    private static FirstAdministratorOptions ReadAdministrator(SettingsReader reader)
    {
        FirstAdministratorOptions options = new();
        options.Email = reader.Text("CODESIGNING_ADMIN_EMAIL") ?? options.Email;
        options.Password = reader.Text("CODESIGNING_ADMIN_PASSWORD");
        if (options.FindEmailMistake() is { } email)
        {
            reader.Refuse($"CODESIGNING_ADMIN_EMAIL: {email}");
        }
        else if (options.FindPasswordMistake() is { } password)
        {
            reader.Refuse($"CODESIGNING_ADMIN_PASSWORD: {password}");
        }

        return options;
    }

    private static SecondFactorRequirement ReadSecondFactor(SettingsReader reader)
    {
        const string name = "CODESIGNING_SECOND_FACTOR";
        switch (reader.Text(name))
        {
            case null or "off":
                return SecondFactorRequirement.Off;
            case "administrators":
                return SecondFactorRequirement.Administrators;
            case "all":
                return SecondFactorRequirement.All;
            case var text:
                reader.Refuse($"{name} is '{text}'. It is one of the words off, administrators and all.");
                return SecondFactorRequirement.All;
        }
    }

    private static string? ReadBreakGlass(SettingsReader reader)
    {
        if (reader.Text("CODESIGNING_BREAK_GLASS") is not { } text)
        {
            return null;
        }

        if (new FirstAdministratorOptions { Email = text }.FindEmailMistake() is { } mistake)
        {
            reader.Refuse($"CODESIGNING_BREAK_GLASS: {mistake}");
        }

        return text.ToLowerInvariant();
    }

    private static string? ReadHighWater(SettingsReader reader)
    {
        if (reader.Text("CODESIGNING_HIGH_WATER") is not { } text)
        {
            return null;
        }

        var path = Path.GetFullPath(text);
        if (!Directory.Exists(Path.GetDirectoryName(path)) || Directory.Exists(path))
        {
            reader.Refuse($"CODESIGNING_HIGH_WATER is '{text}'. It is a file, which the server makes, in a directory that is there.");
        }

        return path;
    }

    private static string? ReadCompromisedKeys(SettingsReader reader)
    {
        if (reader.Text("CODESIGNING_COMPROMISED_KEYS") is not { } text)
        {
            return null;
        }

        var path = Path.GetFullPath(text);
        if (!Path.Exists(path))
        {
            reader.Refuse($"CODESIGNING_COMPROMISED_KEYS is '{text}', which is not there. It is a list of compromised keys, or a directory of such lists.");
        }

        return path;
    }

    private static ImmutableArray<HsmSettings> ReadHsms(SettingsReader reader)
    {
        if (reader.Text("CODESIGNING_HSM") is not { } path)
        {
            return [];
        }

        var hsms = HsmSettings.Read(Path.GetFullPath(path), reader.Refuse);
        foreach (var variable in hsms.Select(hsm => hsm.Pin.Variable).OfType<string>())
        {
            reader.Excuse(variable);
        }

        return hsms;
    }

    private static string? ReadMasterKeyHsm(ImmutableArray<HsmSettings> hsms, SettingsReader reader)
    {
        const string name = "CODESIGNING_MASTER_KEY_HSM";
        var hsm = reader.Text(name);
        if (hsm is not null && hsms.All(each => each.Name != hsm))
        {
            reader.Refuse($"{name} is '{hsm}', which is not in CODESIGNING_HSM: {ExpectedOf(hsms)}.");
        }

        return hsm;
    }

    private static string ExpectedOf(ImmutableArray<HsmSettings> hsms) =>
        hsms.IsEmpty ? "it has none" : $"expected one of {string.Join(", ", hsms.Select(each => each.Name))}";

    private static TimeSpan ReadIdleKeysOpen(SettingsReader reader)
    {
        const string name = "CODESIGNING_IDLE_KEYS_OPEN";
        var text = reader.Text(name);
        if (text is null)
        {
            return UsualIdleKeysOpen;
        }

        if (!Duration.TryParse(text, out var open) || open > TimeSpan.FromDays(1))
        {
            reader.Refuse($"{name} is '{text}'. It is a duration such as 10m or 1h, at most 1d.");
        }

        return open;
    }

    private static TimeSpan ReadVerificationInterval(SettingsReader reader)
    {
        const string name = "CODESIGNING_VERIFY_INTERVAL";
        var text = reader.Text(name);
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
            reader.Refuse($"{name} is '{text}'. It is a duration such as 1d or 12h, or the word off.");
        }

        return interval;
    }

    private static Uri ReadPublicUrl(SettingsReader reader, ImmutableArray<string> urls)
    {
        var text = reader.Text("CODESIGNING_PUBLIC_URL") ?? ListenUrls.PublicOf(urls);
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Query.Length == 0)
        {
            return url;
        }

        reader.Refuse($"CODESIGNING_PUBLIC_URL is '{text}', which is not an address such as https://signing.example.com.");
        return new Uri(ListenUrls.Usual);
    }

    private static void CheckConnection(string name, string? connection, string alternative, SettingsReader reader)
    {
        try
        {
            if (connection is not null && string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(connection).Host))
            {
                reader.Refuse($"{name} names no Host. It is a PostgreSQL connection string such as Host=db;Database=codesigning;Username=service{alternative}.");
            }
        }
        catch (Exception malformed) when (malformed is ArgumentException or FormatException or KeyNotFoundException)
        {
            // What is malformed may hold a password, so it is not repeated.
            reader.Refuse($"{name} is not a PostgreSQL connection string such as Host=db;Database=codesigning;Username=service{alternative}.");
        }
    }
}
