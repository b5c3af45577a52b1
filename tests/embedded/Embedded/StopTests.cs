using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Embedded;

public sealed class StopTests
{
    [Fact]
    public async Task Stopping_waits_for_the_calls_that_run()
    {
        var host = await RunningHost.Start();
        var call = host.Grains.GetGrain<IPlainGate>("one").Hold("call");
        await host.Stage.Until("call.entered");

        var stop = host.Stop();
        Assert.False(stop.IsCompleted);
        host.Stage.Raise("call.go");
        await call;
        await stop;
    }

    [Fact]
    public async Task A_call_that_runs_may_call_others_while_the_host_stops()
    {
        var host = await RunningHost.Start();
        var other = host.Grains.GetGrain<IPlainGate>("other");
        var call = host.Grains.GetGrain<IPlainGate>("one").HoldAnother(other, "call");
        await host.Stage.Until("call.entered");

        var stop = host.Stop();
        host.Stage.Raise("call.go");

        await call;
        await stop;
    }

    [Fact]
    public async Task Stopping_waits_no_longer_than_it_is_told()
    {
        var host = await RunningHost.Start();
        var call = host.Grains.GetGrain<IPlainGate>("one").Hold("call");
        await host.Stage.Until("call.entered");

        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await host.Stop(patience.Token);

        Assert.False(call.IsCompleted);
        host.Stage.Raise("call.go");
        await call;
    }

    [Fact]
    public async Task A_call_to_a_stopped_host_is_refused()
    {
        var host = await RunningHost.Start();
        await host.Stop();

        await Assert.ThrowsAsync<SiloUnavailableException>(() => host.Grains.GetGrain<IFailing>("one").Echo("anyone?"));
    }
}
