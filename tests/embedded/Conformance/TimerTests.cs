using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Conformance;

public sealed class TimerTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_timer_ticks_when_it_is_due_and_then_each_period()
    {
        await using var host = await RunningHost.Start();
        var ticker = host.Grains.GetGrain<ITicker>("one");
        await ticker.Begin(10 * Second, 5 * Second, interleave: false);

        host.Time.Advance(9 * Second);
        await ticker.Pass();
        Assert.False(host.Stage.IsRaised("tick.1.entered"));

        host.Time.Advance(Second);
        await host.Stage.Until("tick.1.left");
        await Reaches(host, "tick.2.left");
        await Reaches(host, "tick.3.left");
    }

    [Fact]
    public async Task A_tick_waits_for_the_call_that_runs()
    {
        await using var host = await RunningHost.Start();
        var ticker = host.Grains.GetGrain<ITicker>("one");
        await ticker.Begin(Second, Second, interleave: false);
        var call = ticker.Hold("call");
        await host.Stage.Until("call.entered");

        host.Time.Advance(Second);
        await ticker.Pass();
        Assert.False(host.Stage.IsRaised("tick.1.entered"));

        host.Stage.Raise("call.go");
        await call;
        await host.Stage.Until("tick.1.entered");
    }

    [Fact]
    public async Task A_call_waits_for_the_tick_that_runs()
    {
        await using var host = await RunningHost.Start();
        host.Stage.Raise("ticks held");
        var ticker = host.Grains.GetGrain<ITicker>("one");
        await ticker.Begin(Second, Timeout.InfiniteTimeSpan, interleave: false);
        host.Time.Advance(Second);
        await host.Stage.Until("tick.1.entered");

        host.Stage.Raise("call.go");
        var call = ticker.Hold("call");
        await ticker.Pass();
        Assert.False(host.Stage.IsRaised("call.entered"));

        host.Stage.Raise("tick.1.go");
        await call;
    }

    [Fact]
    public async Task A_tick_that_may_interleave_comes_while_a_call_waits()
    {
        await using var host = await RunningHost.Start();
        var ticker = host.Grains.GetGrain<ITicker>("one");
        await ticker.Begin(Second, Second, interleave: true);
        var call = ticker.Hold("call");
        await host.Stage.Until("call.entered");

        host.Time.Advance(Second);
        await host.Stage.Until("tick.1.left");

        host.Stage.Raise("call.go");
        await call;
    }

    [Fact]
    public async Task The_next_tick_is_counted_from_the_end_of_the_one_before()
    {
        await using var host = await RunningHost.Start();
        host.Stage.Raise("ticks held");
        var ticker = host.Grains.GetGrain<ITicker>("one");
        await ticker.Begin(Second, Second, interleave: true);
        host.Time.Advance(Second);
        await host.Stage.Until("tick.1.entered");

        host.Time.Advance(10 * Second);
        await ticker.Pass();
        Assert.False(host.Stage.IsRaised("tick.2.entered"));

        host.Stage.Raise("tick.1.go");
        await Reaches(host, "tick.2.entered");
        host.Stage.Raise("tick.2.go");
    }

    [Fact]
    public async Task A_tick_that_fails_does_not_end_the_timer()
    {
        await using var host = await RunningHost.Start();
        host.Stage.Raise("ticks fail");
        var ticker = host.Grains.GetGrain<ITicker>("one");
        await ticker.Begin(Second, Second, interleave: false);

        await Reaches(host, "tick.3.left");
    }

    [Fact]
    public async Task A_timer_may_be_changed()
    {
        await using var host = await RunningHost.Start();
        var ticker = host.Grains.GetGrain<ITicker>("one");
        await ticker.Begin(TimeSpan.FromHours(1), TimeSpan.FromHours(1), interleave: false);

        await ticker.Change(Second, Second);

        host.Time.Advance(Second);
        await host.Stage.Until("tick.1.left");
        await Reaches(host, "tick.2.left");
    }

    [Fact]
    public async Task A_disposed_timer_ticks_no_more()
    {
        await using var host = await RunningHost.Start();
        var ticker = host.Grains.GetGrain<ITicker>("one");
        await ticker.Begin(Second, Second, interleave: false);

        await ticker.Cease();

        host.Time.Advance(10 * Second);
        await ticker.Pass();
        Assert.DoesNotContain("tick.1", host.Stage.Log);
    }

    [Fact]
    public async Task A_timer_ends_with_its_activation()
    {
        await using var host = await RunningHost.Start();
        var ticker = host.Grains.GetGrain<ITicker>("one");
        await ticker.Begin(Second, Second, interleave: false);
        host.Time.Advance(Second);
        await host.Stage.Until("tick.1.left");

        await ticker.End();
        await host.Stage.Until("deactivated");
        await host.Stage.Until("cancelled");

        host.Time.Advance(10 * Second);
        Assert.DoesNotContain("tick.2", host.Stage.Log);
    }

    private static Task Reaches(RunningHost host, string signal) =>
        host.Time.AdvanceUntil(() => host.Stage.IsRaised(signal), Second, TimeSpan.FromMinutes(1));
}
