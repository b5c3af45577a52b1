using System.Diagnostics;

namespace CodeSigning.Cluster.Tests;

/// <summary>Waits for another process to come to something; a bound, not a time that is slept.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    public static async Task Async(Func<bool> holds)
    {
        var started = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(started.Elapsed < Bound, "It did not come to that within a minute.");
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }
}
