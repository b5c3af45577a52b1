using CodeSigning.Errors;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Hashes passwords with ASP.NET Core Identity's hasher, outside grain turns and on a bounded number of threads. A
/// verification costs the same whether or not there is a hash.
/// </summary>
public sealed class PasswordHashing : IDisposable
{
    private readonly IPasswordHasher<PasswordHashing> _hasher;
    private readonly SemaphoreSlim _slots;
    private readonly int _capacity;
    private readonly string _decoy;
    private int _present;

    /// <summary>Creates the service with a hasher that also verifies hashes made with other parameters.</summary>
    public PasswordHashing(IPasswordHasher<PasswordHashing> hasher, IOptions<PasswordHashingOptions> options)
    {
        _hasher = hasher;
        _slots = new SemaphoreSlim(options.Value.Concurrency);
        _capacity = options.Value.Concurrency + options.Value.QueueCapacity;
        _decoy = _hasher.HashPassword(this, Guid.NewGuid().ToString());
    }

    /// <summary>ASP.NET Core Identity's hasher, with the configured number of iterations.</summary>
    public static IPasswordHasher<PasswordHashing> CreateHasher(IServiceProvider services) =>
        new PasswordHasher<PasswordHashing>(Options.Create(new PasswordHasherOptions
        {
            IterationCount = services.GetRequiredService<IOptions<PasswordHashingOptions>>().Value.Iterations,
        }));

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();

    internal Task<string> HashAsync(string password, CancellationToken cancellationToken) =>
        RunAsync(() => _hasher.HashPassword(this, password), cancellationToken);

    /// <summary>Verifies the password; without a hash, fails after the same work.</summary>
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
            throw new RefusedException(ErrorCode.Unavailable, "Too many logins are in progress: retry after the time in Retry-After.")
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

/// <summary>The cost of hashing passwords.</summary>
public sealed class PasswordHashingOptions
{
    /// <summary>PBKDF2 iterations with HMAC-SHA-512; OWASP recommends at least 210,000.</summary>
    public int Iterations { get; set; } = 210_000;

    /// <summary>
    /// The number of concurrent hash computations; others wait. Hashing must not take the cores from signing.
    /// </summary>
    public int Concurrency { get; set; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>The number of computations that may wait; any more are refused with <c>Unavailable</c>.</summary>
    public int QueueCapacity { get; set; } = 64;
}

/// <summary>
/// Password rules: a minimum length only, since composition rules lead to weaker passwords (NIST SP 800-63B, section
/// 5.1.1.2).
/// </summary>
internal static class PasswordRules
{
    /// <summary>The maximum length in characters; it bounds the hashing work.</summary>
    public const int MaxLength = 256;

    private const int MinLength = 12;

    /// <summary>Refuses a password that is too short, too long, or its owner's address.</summary>
    public static void Validate(string password, string email)
    {
        if (password.Length is < MinLength or > MaxLength)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, $"The password is invalid: expected {MinLength} to {MaxLength} characters.");
        }

        if (string.Equals(password.Trim(), email, StringComparison.OrdinalIgnoreCase))
        {
            throw new RefusedException(ErrorCode.InvalidRequest, "The password must not be the email address.");
        }
    }
}
