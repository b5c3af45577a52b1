using CodeSigning.Errors;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Hashes passwords with ASP.NET Core Identity's hasher, away from grains' turns and on a bounded number of threads.
/// A check costs the same whether or not there is a hash to check against.
/// </summary>
public sealed class PasswordHashing : IDisposable
{
    private readonly IPasswordHasher<PasswordHashing> _hasher;
    private readonly SemaphoreSlim _slots;
    private readonly int _capacity;
    private readonly string _decoy;
    private int _present;

    /// <summary>Hashes with a hasher that makes hashes as the options say, and knows those that were made otherwise.</summary>
    public PasswordHashing(IPasswordHasher<PasswordHashing> hasher, IOptions<PasswordHashingOptions> options)
    {
        _hasher = hasher;
        _slots = new SemaphoreSlim(options.Value.Concurrency);
        _capacity = options.Value.Concurrency + options.Value.QueueCapacity;
        _decoy = _hasher.HashPassword(this, Guid.NewGuid().ToString());
    }

    /// <summary>ASP.NET Core Identity's hasher, at the cost that the options say.</summary>
    public static IPasswordHasher<PasswordHashing> CreateHasher(IServiceProvider services) =>
        new PasswordHasher<PasswordHashing>(Options.Create(new PasswordHasherOptions
        {
            IterationCount = services.GetRequiredService<IOptions<PasswordHashingOptions>>().Value.Iterations,
        }));

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();

    internal Task<string> HashAsync(string password, CancellationToken cancellationToken) =>
        RunAsync(() => _hasher.HashPassword(this, password), cancellationToken);

    /// <summary>Whether the password is the hash's; where there is no hash, the same work for a no.</summary>
    internal Task<PasswordVerificationResult> VerifyAsync(string? hash, string password, CancellationToken cancellationToken) =>
        RunAsync(
            () =>
            {
                var result = _hasher.VerifyHashedPassword(this, hash ?? _decoy, password);
                return hash is null ? PasswordVerificationResult.Failed : result;
            },
            cancellationToken);

    private async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _present) > _capacity)
        {
            Interlocked.Decrement(ref _present);
            throw new RefusedException(ErrorCode.Unavailable, "Too many logins are under way. Try again in a moment.")
            {
                RetryAfter = TimeSpan.FromSeconds(2),
            };
        }

        try
        {
            await _slots.WaitAsync(cancellationToken);
            try
            {
                return await Task.Run(work, cancellationToken);
            }
            finally
            {
                _slots.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _present);
        }
    }
}

/// <summary>What hashing a password may cost.</summary>
public sealed class PasswordHashingOptions
{
    /// <summary>Rounds of PBKDF2 with HMAC-SHA-512; OWASP asks for 210,000 or more.</summary>
    public int Iterations { get; set; } = 210_000;

    /// <summary>How many hashes are made at once; more wait. Hashing must not take the cores from signing.</summary>
    public int Concurrency { get; set; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>How many may wait; one more is told to come back.</summary>
    public int QueueCapacity { get; set; } = 64;
}

/// <summary>
/// What a password must be: long. Rules on its characters make people choose worse ones (NIST SP 800-63B, section 5.1.1.2).
/// </summary>
internal static class PasswordRules
{
    /// <summary>The longest password in characters; a longer one would buy nothing but work.</summary>
    public const int MaxLength = 256;

    private const int MinLength = 12;

    /// <summary>Refuses a password that is too short, too long, or its owner's address.</summary>
    public static void Validate(string password, string email)
    {
        if (password.Length is < MinLength or > MaxLength)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, "A password has 12 to 256 characters.");
        }

        if (string.Equals(password.Trim(), email, StringComparison.OrdinalIgnoreCase))
        {
            throw new RefusedException(ErrorCode.InvalidRequest, "The password must not be the email address.");
        }
    }
}
