using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace CodeSigning.Testing;

/// <summary>Waits for what another thread, process or connection brings about in its own time; a bound, not a time that is slept.</summary>
public static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Returns as soon as it holds.</summary>
    /// <exception cref="TimeoutException">It did not within a minute.</exception>
    public static Task HoldsAsync(Func<bool> holds, [CallerArgumentExpression(nameof(holds))] string what = "") =>
        HoldsAsync(() => Task.FromResult(holds()), what);

    /// <inheritdoc cref="HoldsAsync(Func{bool}, string)"/>
    public static Task HoldsAsync(Func<Task<bool>> holds, [CallerArgumentExpression(nameof(holds))] string what = "") =>
        ValueAsync(holds, static held => held, what);

    /// <summary>Returns a value as soon as it is as wanted.</summary>
    /// <exception cref="TimeoutException">It was not within a minute.</exception>
    public static async Task<T> ValueAsync<T>(
        Func<Task<T>> read, Func<T, bool> isWanted, [CallerArgumentExpression(nameof(isWanted))] string what = "")
    {
        for (var since = Stopwatch.StartNew(); ;)
        {
            if (await read() is var value && isWanted(value))
            {
                return value;
            }

            if (since.Elapsed > Patience)
            {
                throw new TimeoutException($"It did not come to pass within a minute: {what}");
            }

            await Task.Delay(Pause);
        }
    }
}
