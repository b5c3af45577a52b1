namespace CodeSigning.Silo.Tests.Ledger.Writing;

/// <summary>Waits for what another thread is about to bring about.</summary>
internal static class Eventually
{
    /// <summary>Returns as soon as it holds; fails after 30 seconds.</summary>
    public static async Task HoldsAsync(Func<bool> holds)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        while (!holds())
            await Task.Delay(TimeSpan.FromMilliseconds(1), deadline.Token);
    }
}
