namespace CodeSigning.Silo.Tests.Ledger.Writing;

/// <summary>Waits for what another thread is about to bring about.</summary>
internal static class Eventually
{
    /// <summary>Returns as soon as it holds; fails after 30 seconds.</summary>
    public static async Task HoldsAsync(Func<bool> holds)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        while (!holds())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), deadline.Token);
        }
    }

    /// <summary>Returns a value as soon as it is as wanted; fails after 30 seconds.</summary>
    public static async Task<T> ValueAsync<T>(Func<Task<T>> read, Func<T, bool> isWanted)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        while (true)
        {
            if (await read() is var value && isWanted(value))
            {
                return value;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), deadline.Token);
        }
    }
}
