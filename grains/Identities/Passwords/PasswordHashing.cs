using CodeSigning.Errors;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CodeSigning.Grains.Identities.Passwords;

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
    public PasswordHashing(IPasswordHasher<PasswordHashing> hasher, IOptions<PasswordOptions> options)
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
            IterationCount = services.GetRequiredService<IOptions<PasswordOptions>>().Value.Iterations,
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
