using System.Diagnostics;

namespace CodeSigning.Gateway.Tests.Server;

/// <summary>Waits for what another process, or a connection, brings about in its own time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public static async Task Async(Func<Task<bool>> holds)
    {
        for (var since = Stopwatch.StartNew(); !await holds();)
        {
            Assert.True(since.Elapsed < Patience, "It did not come to pass in a minute.");
            await Task.Delay(Pause);
        }
    }
}
