using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Silo.Settings;

namespace CodeSigning.Gateway.Settings;

/// <summary>The OpenID Connect provider at which people sign in.</summary>
internal sealed record SingleSignOnSettings
{
    private const string IssuerSetting = "CODESIGNING_SSO_ISSUER";
    private static readonly TimeSpan LongestAge = TimeSpan.FromHours(12);
    private static readonly char[] Separators = [',', ' '];

    /// <summary>The issuer identifier, as the provider's discovery document and tokens have it.</summary>
    public required string Issuer { get; init; }

    /// <summary>This server's id at the provider.</summary>
    public required string ClientId { get; init; }

    /// <summary>The secret of that client.</summary>
    public required string ClientSecret { get; init; }

    /// <summary>What pages call the provider.</summary>
    public required string Name { get; init; }

    /// <summary>The scopes to ask for.</summary>
    public required ImmutableArray<string> Scopes { get; init; }

    /// <summary>The claim that names the person's groups.</summary>
    public required string GroupsClaim { get; init; }

    /// <summary>The values of <c>amr</c> and <c>acr</c> that count as a second factor.</summary>
    public required ImmutableArray<string> SecondFactors { get; init; }

    /// <summary>How long a session lasts at most.</summary>
    public required TimeSpan MaxAge { get; init; }

    /// <summary>Says where the provider is, and no secret.</summary>
    public override string ToString() => $"{Issuer}, client {ClientId}";

    /// <summary>Reads them; null where no provider is set, or there is a mistake.</summary>
    public static SingleSignOnSettings? Read(SettingsReader reader)
    {
        var issuer = reader.Text(IssuerSetting);
        var clientId = reader.Text("CODESIGNING_SSO_CLIENT_ID");
        var secret = reader.Secret("CODESIGNING_SSO_CLIENT_SECRET");
        var name = reader.Text("CODESIGNING_SSO_NAME");
        var scopes = reader.Text("CODESIGNING_SSO_SCOPES");
        var groupsClaim = reader.Text("CODESIGNING_SSO_GROUPS_CLAIM");
        var secondFactors = reader.Text("CODESIGNING_SSO_SECOND_FACTOR");
        var maxAge = reader.Text("CODESIGNING_SSO_MAX_AGE");
        if (issuer is null)
        {
            if ((clientId ?? secret ?? name ?? scopes ?? groupsClaim ?? secondFactors ?? maxAge) is not null)
            {
                reader.Refuse($"A setting CODESIGNING_SSO_… is set but {IssuerSetting} is not. Set both or neither.");
            }

            return null;
        }

        ValidateIssuer(issuer, reader);
        if (clientId is null || secret is null)
        {
            reader.Refuse($"{IssuerSetting} needs CODESIGNING_SSO_CLIENT_ID and CODESIGNING_SSO_CLIENT_SECRET, as the provider gives them to a confidential client.");
            return null;
        }

        return new SingleSignOnSettings
        {
            Issuer = issuer,
            ClientId = clientId,
            ClientSecret = secret,
            Name = name ?? "Single sign-on",
            Scopes = ReadScopes(scopes ?? "openid profile email", reader),
            GroupsClaim = groupsClaim ?? "groups",
            SecondFactors = Split(secondFactors ?? ""),
            MaxAge = ReadMaxAge(maxAge, reader),
        };
    }

    private static void ValidateIssuer(string issuer, SettingsReader reader)
    {
        if (!Uri.TryCreate(issuer, UriKind.Absolute, out var url) || url.Query.Length != 0 || url.Fragment.Length != 0
            || !(url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)))
        {
            reader.Refuse($"{IssuerSetting} is '{issuer}', which is not an issuer such as https://login.example.com: expected https, without query and fragment.");
        }
    }

    private static ImmutableArray<string> ReadScopes(string text, SettingsReader reader)
    {
        var scopes = Split(text);
        if (!scopes.Contains("openid"))
        {
            reader.Refuse($"CODESIGNING_SSO_SCOPES is '{text}'. It must hold openid.");
        }

        return scopes;
    }

    private static TimeSpan ReadMaxAge(string? text, SettingsReader reader)
    {
        if (text is null)
        {
            return LongestAge;
        }

        if (!Duration.TryParse(text, out var age) || age <= TimeSpan.Zero || age > LongestAge)
        {
            reader.Refuse($"CODESIGNING_SSO_MAX_AGE is '{text}'. It is a duration of at most 12h, such as 8h or 30m.");
        }

        return age;
    }

    private static ImmutableArray<string> Split(string text) =>
        [.. text.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct()];
}
