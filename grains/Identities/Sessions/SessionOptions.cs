using CodeSigning.Grains.Budgets;

namespace CodeSigning.Grains.Identities.Sessions;

/// <summary>How long sessions last, and how many of them one principal begins.</summary>
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

    /// <summary>
    /// The log-ins of one principal on one node: a thousand jobs of a CI that start at once get in. It bounds the sessions that
    /// live, too: none is ended for another's sake, since a build may be signing in it.
    /// </summary>
    public BudgetRule Logins { get; set; } = new(2000, 50);
}
