using CodeSigning.Testing;
using Xunit;

namespace CodeSigning.Grains.Tests.Hosting;

public sealed class ManualTimeProviderTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    [Fact]
    public void Clock_that_two_threads_move_moves_by_the_sum()
    {
        ManualTimeProvider time = new();
        var began = time.GetUtcNow();
        using var timer = time.CreateTimer(_ => MoveOnAnotherThread(time), null, Step, Timeout.InfiniteTimeSpan);
        time.Advance(Step);
        Assert.Equal(began + (2 * Step), time.GetUtcNow());
    }

    private static void MoveOnAnotherThread(ManualTimeProvider time)
    {
        Thread other = new(() => time.Advance(Step));
        other.Start();
        other.Join();
    }
}
