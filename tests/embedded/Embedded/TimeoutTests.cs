using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Embedded;

public sealed class TimeoutTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_time_out_is_never_early_and_late_by_two_ticks_at_most()
    {
        await using var host = await Start();
        var call = host.Grains.GetGrain<IPlainGate>("one").Hold("call");
        await host.Stage.Until("call.entered");

        host.Time.AdvanceBySteps(30 * Second);
        Assert.False(call.IsCompleted);

        host.Time.AdvanceBySteps(2 * Second);
        var exception = await Assert.ThrowsAsync<TimeoutException>(() => call);

        Assert.Contains("IGate.Hold of plaingate/one", exception.Message, StringComparison.Ordinal);
        host.Stage.Raise("call.go");
    }

    [Fact]
    public async Task A_call_whose_caller_has_given_up_while_it_waited_never_runs()
    {
        await using var host = await Start();
        var gate = host.Grains.GetGrain<IPlainGate>("one");
        var running = gate.Hold("running");
        await host.Stage.Until("running.entered");
        host.Time.AdvanceBySteps(20 * Second);
        var waiting = gate.Hold("waiting");
        host.Time.AdvanceBySteps(20 * Second);
        await Assert.ThrowsAsync<TimeoutException>(() => running);
        host.Time.AdvanceBySteps(20 * Second);
        await Assert.ThrowsAsync<TimeoutException>(() => waiting);

        host.Stage.Raise("running.go");
        host.Stage.Raise("next.go");
        await gate.Hold("next");

        Assert.False(host.Stage.IsRaised("waiting.entered"));
    }

    private static Task<RunningHost> Start() => RunningHost.Start(new HostSettings { FakesCallTimeouts = true });
}
