using CodeSigning.Silo.Hsm;
using CodeSigning.Testing;
using Xunit;

namespace CodeSigning.Silo.Tests.Hsm;

/// <summary>How long a token's answer is waited for.</summary>
public sealed class CallDeadlinesTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    [Fact]
    public void Wait_ends_with_its_time()
    {
        ManualTimeProvider time = new();
        using var wait = new CallDeadlines(time).Begin(Patience, CancellationToken.None);

        time.Advance(Patience - TimeSpan.FromSeconds(1));
        Assert.False(wait.Token.IsCancellationRequested);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(wait.Token.IsCancellationRequested);
    }

    [Fact]
    public void Wait_ends_with_its_caller()
    {
        using CancellationTokenSource caller = new();
        using var wait = new CallDeadlines(TimeProvider.System).Begin(Patience, caller.Token);

        caller.Cancel();

        Assert.True(wait.Token.IsCancellationRequested);
    }

    [Fact]
    public void Wait_that_was_cancelled_cancels_no_later_one()
    {
        CallDeadlines deadlines = new(TimeProvider.System);
        using (CancellationTokenSource caller = new())
        {
            using var first = deadlines.Begin(Patience, caller.Token);
            caller.Cancel();
        }

        using var second = deadlines.Begin(Patience, CancellationToken.None);

        Assert.False(second.Token.IsCancellationRequested);
    }

    [Fact]
    public void Caller_of_an_ended_wait_cancels_no_later_one()
    {
        CallDeadlines deadlines = new(TimeProvider.System);
        using CancellationTokenSource caller = new();
        using (deadlines.Begin(Patience, caller.Token))
        {
            // It is answered at once.
        }

        using var second = deadlines.Begin(Patience, CancellationToken.None);
        caller.Cancel();

        Assert.False(second.Token.IsCancellationRequested);
    }
}
