using CodeSigning.Grains.Budgets;
using Xunit;

namespace CodeSigning.Grains.Tests.Budgets;

public sealed class SharedRunTests
{
    private readonly TaskCompletionSource<int>[] _runs = [new(), new(), new()];
    private int _begun;

    [Fact]
    public async Task Calls_during_a_run_share_the_next_one()
    {
        var shared = new SharedRun<int>(() => _runs[Interlocked.Increment(ref _begun) - 1].Task);
        var first = shared.AskAsync();
        var others = Enumerable.Range(0, 100).Select(_ => shared.AskAsync()).ToList();

        _runs[0].SetResult(1);
        Assert.Equal(1, await first);
        _runs[1].SetResult(2);
        Assert.All(await Task.WhenAll(others), result => Assert.Equal(2, result));
        Assert.Equal(2, _begun);
    }

    [Fact]
    public async Task Failed_run_fails_only_its_own_callers()
    {
        var shared = new SharedRun<int>(() => _runs[Interlocked.Increment(ref _begun) - 1].Task);
        var first = shared.AskAsync();
        var second = shared.AskAsync();

        _runs[0].SetException(new InvalidOperationException("away"));
        _runs[1].SetResult(2);
        _runs[2].SetResult(3);

        await Assert.ThrowsAsync<InvalidOperationException>(() => first);
        Assert.Equal(2, await second);
        Assert.Equal(3, await shared.AskAsync());
    }
}
