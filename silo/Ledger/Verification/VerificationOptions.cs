namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>When the whole ledger is verified in the background, and how fast.</summary>
public sealed class VerificationOptions
{
    /// <summary>How often, on all nodes together; zero for never.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long after its start a node does it at the earliest.</summary>
    public TimeSpan FirstAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How often a node looks whether it is due, and what the others found.</summary>
    public TimeSpan LookInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long it rests after each page, in times of what the page took.</summary>
    public double Rest { get; set; } = 3;
}
