using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Conformance;

public sealed class TimeoutTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_caller_waits_for_its_time_and_the_callee_goes_on()
    {
        await using var host = await Start(responseTimeout: 3 * Second);
        var gate = host.Grains.GetGrain<IPlainGate>("one");
        var call = gate.Hold("call");
        await host.Stage.Until("call.entered");

        await Ends(host, call);
        await Assert.ThrowsAsync<TimeoutException>(() => call);

        Assert.False(host.Stage.IsRaised("call.left"));
        host.Stage.Raise("call.go");
        await host.Stage.Until("call.left");
    }

    [Fact]
    public async Task A_method_may_have_a_time_out_of_its_own()
    {
        await using var host = await Start(responseTimeout: 3600 * Second);
        var gate = host.Grains.GetGrain<IPlainGate>("one");
        var call = gate.HoldBriefly("call");
        await host.Stage.Until("call.entered");

        await Ends(host, call);

        await Assert.ThrowsAsync<TimeoutException>(() => call);
        host.Stage.Raise("call.go");
    }

    [Fact]
    public async Task A_grain_that_calls_itself_without_being_reentrant_waits_until_the_time_out()
    {
        await using var host = await Start(responseTimeout: 3 * Second);
        var gate = host.Grains.GetGrain<IPlainGate>("one");
        var call = gate.HoldMyself("inner");

        await Ends(host, call);
        await Assert.ThrowsAsync<TimeoutException>(() => call);
        Assert.False(host.Stage.IsRaised("inner.entered"));

        // The inner call has its own time, a moment longer.
        host.Stage.Raise("outer.go");
        var next = gate.Hold("outer");
        await Ends(host, next);
        await next;
    }

    private static Task<RunningHost> Start(TimeSpan responseTimeout) =>
        RunningHost.Start(new HostSettings { ResponseTimeout = responseTimeout, FakesCallTimeouts = true });

    // Orleans counts a call's time by the machine's clock, so it is waited for on both.
    private static Task Ends(RunningHost host, Task call) =>
        host.Time.AdvanceUntil(() => call.IsCompleted, Second, 1200 * Second);
}
