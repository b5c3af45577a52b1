using CodeSigning.Silo.Settings;

namespace CodeSigning.Silo.Forwarding;

/// <summary>Where the ledger is forwarded to as it grows, such as a SIEM: the <c>CODESIGNING_FORWARD_*</c> settings.</summary>
public sealed record ForwardingOptions
{
    private const string TargetSetting = "CODESIGNING_FORWARD_TO";
    private const string TokenSetting = "CODESIGNING_FORWARD_TOKEN";

    /// <summary>A file to append to (<c>file:</c>), or an address to post to; null for none.</summary>
    public Uri? Target { get; init; }

    /// <summary>The bearer token for that address; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>The time between two looks for what is new.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The most lines in a batch.</summary>
    public int LinesAtOnce { get; init; } = 1000;

    /// <summary>Reads the settings; the reader has their mistakes.</summary>
    public static ForwardingOptions Read(SettingsReader reader)
    {
        var (text, token) = (reader.Text(TargetSetting), reader.Secret(TokenSetting));
        var target = text is null ? null : ReadTarget(reader, text);
        if (token is not null && target?.IsFile != false)
        {
            reader.Refuse($"{TokenSetting} is set but {TargetSetting} is no address: a file takes no token.");
        }

        return new ForwardingOptions { Target = target, Token = token };
    }

    /// <summary>Without the token.</summary>
    public override string ToString() => Target is null ? "not forwarded" : $"forwarded to {Target.GetLeftPart(UriPartial.Path)}";

    private static Uri? ReadTarget(SettingsReader reader, string text)
    {
        const string file = "file:";
        if (text.StartsWith(file, StringComparison.Ordinal) && Path.IsPathFullyQualified(text[file.Length..]))
        {
            return new Uri(text[file.Length..]);
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.UserInfo.Length == 0
            && (url.Scheme == "https" || (url.Scheme == "http" && url.IsLoopback)))
        {
            return url;
        }

        reader.Refuse($"{TargetSetting} is invalid: expected file:/PATH, or an https address without a user, such as https://siem.example.com/ledger.");
        return null;
    }
}
