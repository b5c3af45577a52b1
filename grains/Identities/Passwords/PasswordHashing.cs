using CodeSigning.Errors;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace CodeSigning.Grains.Identities.Passwords;

/// <summary>
/// Hashes passwords with ASP.NET Core Identity's hasher, away from grains' turns and on a bounded number of threads.
/// A check costs the same whether or not there is a hash to check against.
/// </summary>
public sealed class PasswordHashing : IDisposable
{
    private readonly PasswordHasher<object> _hasher;
    private readonly SemaphoreSlim _slots;
    private readonly int _capacity;
    private readonly Lazy<string> _decoy;
    private int _present;

    /// <summary>Hashes as the options say.</summary>
    public PasswordHashing(IOptions<PasswordOptions> options)
    {
        _hasher = new PasswordHasher<object>(
            Options.Create(new PasswordHasherOptions { IterationCount = options.Value.Iterations }));
        _slots = new SemaphoreSlim(options.Value.Concurrency);
        _capacity = options.Value.Concurrency + options.Value.QueueCapacity;
        _decoy = new Lazy<string>(() => _hasher.HashPassword(this, Guid.NewGuid().ToString()));
    }

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();

    internal Task<string> HashAsync(string password, CancellationToken cancellationToken) =>
        RunAsync(() => _hasher.HashPassword(this, password), cancellationToken);

    /// <summary>Whether the password is the hash's; where there is no hash, the same work and false.</summary>
    internal Task<bool> VerifyAsync(string? hash, string password, CancellationToken cancellationToken) =>
        RunAsync(
            () => _hasher.VerifyHashedPassword(this, hash ?? _decoy.Value, password) != PasswordVerificationResult.Failed
                && hash is not null,
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
