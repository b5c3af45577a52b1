using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Embedded;

public sealed class IdleTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_grain_is_never_collected_before_its_age()
    {
        await using var host = await RunningHost.Start();
        await host.Grains.GetGrain<ILife>("one").Activation();

        Advance(host, minutes: 15);
        Assert.False(host.Stage.IsRaised("deactivating"));

        Advance(host, minutes: 2);
        await host.Stage.Until("deactivating");
    }

    [Fact]
    public async Task A_grain_that_is_called_now_and_then_stays()
    {
        await using var host = await RunningHost.Start();
        var life = host.Grains.GetGrain<ILife>("one");
        var first = await life.Activation();

        for (var calls = 0; calls < 5; calls++)
        {
            Advance(host, minutes: 14);
            Assert.Equal(first, await life.Activation());
        }
    }

    [Fact]
    public async Task A_grain_whose_call_runs_is_not_idle()
    {
        await using var host = await RunningHost.Start();
        var gate = host.Grains.GetGrain<IPlainGate>("one");
        var call = gate.Hold("call");
        await host.Stage.Until("call.entered");

        Advance(host, minutes: 60);

        host.Stage.Raise("call.go");
        await call;
    }

    [Fact]
    public async Task A_delay_that_has_passed_lets_the_grain_go()
    {
        await using var host = await RunningHost.Start();
        var life = host.Grains.GetGrain<ILife>("one");
        await life.Stay(40 * Minute);

        Advance(host, minutes: 39);
        Assert.False(host.Stage.IsRaised("deactivating"));

        Advance(host, minutes: 3);
        await host.Stage.Until("deactivating");
    }

    [Fact]
    public async Task A_timer_alone_does_not_keep_its_grain()
    {
        await using var host = await RunningHost.Start();
        var ticker = host.Grains.GetGrain<ITicker>("one");
        await ticker.Begin(Minute, Minute, interleave: false);

        await host.Time.AdvanceUntil(() => host.Stage.IsRaised("deactivated"), Minute, 20 * Minute);

        Assert.Contains("tick.5", host.Stage.Log);
    }

    private static void Advance(RunningHost host, int minutes)
    {
        for (var minute = 0; minute < minutes; minute++)
            host.Time.Advance(Minute);
    }
}
