namespace CodeSigning.Grains.Identities.Sessions;

/// <summary>How long sessions last.</summary>
public sealed class SessionOptions
{
    /// <summary>A person's session.</summary>
    public TimeSpan PersonTtl { get; set; } = TimeSpan.FromHours(12);

    /// <summary>A machine identity's session.</summary>
    public TimeSpan MachineTtl { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How long a session that was begun with a CI's token may outlast that token. CI tokens live for minutes, so that a
    /// build could not sign what it takes longer to make.
    /// </summary>
    public TimeSpan OidcGrace { get; set; } = TimeSpan.FromMinutes(30);
}
