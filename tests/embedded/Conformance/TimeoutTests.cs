using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Conformance;

public sealed class TimeoutTests
{
    private static readonly HostSettings Impatient = new() { FakesCallTimeouts = true, ResponseTimeout = TimeSpan.FromSeconds(20) };

    [Fact]
    public async Task A_caller_waits_for_its_time_and_the_callee_goes_on()
    {
        await using var host = await RunningHost.Start(Impatient with { Stage = new Stage(), Time = new ManualTimeProvider() });
        var gate = host.Grains.GetGrain<IPlainGate>("one");
        var call = gate.Hold("call");
        await host.Stage.Until("call.entered");

        host.Time.AdvanceBySteps(TimeSpan.FromSeconds(19));
        Assert.False(call.IsCompleted);
        host.Time.AdvanceBySteps(TimeSpan.FromSeconds(5));
        await Assert.ThrowsAsync<TimeoutException>(() => call);

        Assert.False(host.Stage.IsRaised("call.left"));
        host.Stage.Raise("call.go");
        await host.Stage.Until("call.left");
    }

    [Fact]
    public async Task A_method_may_have_a_time_out_of_its_own()
    {
        await using var host = await RunningHost.Start(Impatient with { Stage = new Stage(), Time = new ManualTimeProvider() });
        var gate = host.Grains.GetGrain<IPlainGate>("one");
        var call = gate.HoldBriefly("call");
        await host.Stage.Until("call.entered");

        host.Time.AdvanceBySteps(TimeSpan.FromSeconds(10));

        await Assert.ThrowsAsync<TimeoutException>(() => call);
        host.Stage.Raise("call.go");
    }

    [Fact]
    public async Task A_grain_that_calls_itself_without_being_reentrant_waits_until_the_time_out()
    {
        await using var host = await RunningHost.Start(Impatient with { Stage = new Stage(), Time = new ManualTimeProvider() });
        var gate = host.Grains.GetGrain<IPlainGate>("one");
        var call = gate.HoldMyself("inner");

        await host.Time.AdvanceUntil(() => call.IsCompleted, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2));

        await Assert.ThrowsAsync<TimeoutException>(() => call);
        Assert.False(host.Stage.IsRaised("inner.entered"));

        // The inner call has its own time, a moment longer.
        host.Time.AdvanceBySteps(TimeSpan.FromSeconds(5));
    }
}
