namespace CodeSigning.Grains.Identities.Passwords;

/// <summary>What hashing a password may cost.</summary>
public sealed class PasswordOptions
{
    /// <summary>Rounds of PBKDF2 with HMAC-SHA-512; OWASP asks for 210,000 or more.</summary>
    public int Iterations { get; set; } = 210_000;

    /// <summary>How many hashes are made at once; more wait. Hashing must not take the cores from signing.</summary>
    public int Concurrency { get; set; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>How many may wait; one more is told to come back.</summary>
    public int QueueCapacity { get; set; } = 64;
}
