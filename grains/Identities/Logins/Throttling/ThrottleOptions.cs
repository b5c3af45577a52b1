namespace CodeSigning.Grains.Identities.Logins.Throttling;

/// <summary>When logins are slowed down. All of it is per node.</summary>
public sealed class ThrottleOptions
{
    /// <summary>A person's account from one address: passwords can be guessed.</summary>
    public ThrottleRule Person { get; set; } = new(5, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(15), 5);

    /// <summary>A machine identity from one address: its secrets cannot be guessed, and a fleet behind one address logs in at once.</summary>
    public ThrottleRule Machine { get; set; } = new(20, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), 2048);

    /// <summary>All people, or all machine identities, from one address: felt by those that have failed from there themselves.</summary>
    public ThrottleRule Address { get; set; } = new(50, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), 2048);

    /// <summary>How many passwords are tried at once from an address that is blocked: each costs work.</summary>
    public int PasswordsAtOncePastBlock { get; set; } = 4;

    /// <summary>One account from all addresses: a soft brake.</summary>
    public ThrottleRule Account { get; set; } = new(100, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), int.MaxValue);

    /// <summary>An address with fewer failures on an account does not feel that account's brake.</summary>
    public int FailuresBeforeAccountBrake { get; set; } = 3;

    /// <summary>How long a failure counts.</summary>
    public TimeSpan Memory { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How many accounts, addresses and pairs of them are remembered, each; of people and of machine identities.</summary>
    public int Capacity { get; set; } = 20_000;
}
