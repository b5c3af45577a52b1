using CodeSigning.Gateway.Limits;

namespace CodeSigning.Gateway.Tests.Limits;

public sealed class CallerTurnsTests
{
    private readonly CallerTurns _turns = new();
    private readonly TaskCompletionSource<int> _first = new();

    [Fact]
    public async Task Callers_next_turn_waits_only_for_its_own_previous_one()
    {
        var first = _turns.TakeAsync("usr_many", () => _first.Task, default);
        var second = _turns.TakeAsync("usr_many", () => Task.FromResult(2), default);

        Assert.Equal(3, await _turns.TakeAsync("usr_one", () => Task.FromResult(3), default));
        Assert.False(second.IsCompleted);
        _first.SetResult(1);
        Assert.Equal(1, await first);
        Assert.Equal(2, await second);
        Assert.Equal(0, _turns.Callers);
    }

    [Fact]
    public async Task Failed_or_cancelled_turn_blocks_no_later_turn()
    {
        var first = _turns.TakeAsync("usr_1", () => _first.Task, default);
        var givenUp = _turns.TakeAsync("usr_1", () => Task.FromResult(2), new CancellationToken(canceled: true));
        var last = _turns.TakeAsync("usr_1", () => Task.FromResult(3), default);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => givenUp);
        _first.SetException(new IOException("away"));

        await Assert.ThrowsAsync<IOException>(() => first);
        Assert.Equal(3, await last);
        Assert.Equal(0, _turns.Callers);
    }
}
