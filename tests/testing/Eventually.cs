using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace CodeSigning.Testing;

/// <summary>
/// Waits for what another thread, process or connection brings about in its own time: within a minute, or sooner if that is said; a
/// bound, not a time that is slept.
/// </summary>
public static class Eventually
{
    /// <summary>The bound for what this process brings about by itself.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Returns as soon as it holds.</summary>
    /// <exception cref="TimeoutException">It did not within the bound.</exception>
    public static Task HoldsAsync(
        Func<bool> holds, TimeSpan? within = null, [CallerArgumentExpression(nameof(holds))] string what = "") =>
        HoldsAsync(() => Task.FromResult(holds()), within, what);

    /// <inheritdoc cref="HoldsAsync(Func{bool}, TimeSpan?, string)"/>
    public static Task HoldsAsync(
        Func<Task<bool>> holds, TimeSpan? within = null, [CallerArgumentExpression(nameof(holds))] string what = "") =>
        ValueAsync(holds, static held => held, within, what);

    /// <summary>Returns a value as soon as it is as wanted.</summary>
    /// <exception cref="TimeoutException">It was not within the bound.</exception>
    public static async Task<T> ValueAsync<T>(
        Func<Task<T>> read,
        Func<T, bool> isWanted,
        TimeSpan? within = null,
        [CallerArgumentExpression(nameof(isWanted))] string what = "")
    {
        var bound = within ?? Patience;
        for (var since = Stopwatch.StartNew(); ;)
        {
            if (await read() is var value && isWanted(value))
            {
                return value;
            }

            if (since.Elapsed > bound)
            {
                throw new TimeoutException($"It did not come to pass within {bound.TotalSeconds:0} seconds: {what}");
            }

            await Task.Delay(Pause);
        }
    }
}
