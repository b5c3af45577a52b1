using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Conformance;

public sealed class TurnTests
{
    [Fact]
    public async Task A_call_waits_until_the_one_before_has_ended()
    {
        await using var host = await RunningHost.Start();
        var gate = host.Grains.GetGrain<IPlainGate>("one");
        var first = gate.Hold("first");
        await host.Stage.Until("first.entered");

        var second = gate.Hold("second");
        await Settle(host, gate);
        Assert.False(host.Stage.IsRaised("second.entered"));

        host.Stage.Raise("first.go");
        await first;
        await host.Stage.Until("second.entered");
        host.Stage.Raise("second.go");
        await second;
    }

    [Fact]
    public async Task Different_grains_run_at_the_same_time()
    {
        await using var host = await RunningHost.Start();
        var first = host.Grains.GetGrain<IPlainGate>("one").Hold("first");
        var second = host.Grains.GetGrain<IPlainGate>("two").Hold("second");

        await host.Stage.Until("first.entered");
        await host.Stage.Until("second.entered");

        host.Stage.Raise("first.go");
        host.Stage.Raise("second.go");
        await Task.WhenAll(first, second);
    }

    [Fact]
    public async Task A_reentrant_grain_takes_a_call_while_another_waits()
    {
        await using var host = await RunningHost.Start();
        var gate = host.Grains.GetGrain<IReentrantGate>("one");
        var first = gate.Hold("first");
        await host.Stage.Until("first.entered");

        host.Stage.Raise("second.go");
        await gate.Hold("second");

        Assert.False(host.Stage.IsRaised("first.left"));
        host.Stage.Raise("first.go");
        await first;
    }

    [Fact]
    public async Task Code_of_a_reentrant_grain_never_runs_at_once()
    {
        await using var host = await RunningHost.Start();
        var gate = host.Grains.GetGrain<IReentrantGate>("one");

        var calls = Enumerable.Range(0, 200).Select(number => Task.Run(() => gate.Hold($"call{number}"))).ToArray();
        foreach (var number in Enumerable.Range(0, 200))
            host.Stage.Raise($"call{number}.go");
        await Task.WhenAll(calls);

        Assert.DoesNotContain("collision", host.Stage.Log);
    }

    [Fact]
    public async Task A_reentrant_grain_may_call_itself()
    {
        await using var host = await RunningHost.Start();
        host.Stage.Raise("call.go");

        await host.Grains.GetGrain<IReentrantGate>("one").HoldThroughMyself("call");
    }

    [Fact]
    public async Task A_method_that_always_interleaves_runs_while_another_waits()
    {
        await using var host = await RunningHost.Start();
        var gate = host.Grains.GetGrain<IPlainGate>("one");
        var held = gate.Hold("held");
        await host.Stage.Until("held.entered");

        host.Stage.Raise("passing.go");
        await gate.Pass("passing");

        host.Stage.Raise("held.go");
        await held;
    }

    [Fact]
    public async Task A_method_that_always_interleaves_need_not_wait_for_what_came_while_the_grain_activated()
    {
        await using var host = await RunningHost.Start();
        host.Stage.Raise("activation held");
        var gate = host.Grains.GetGrain<IPlainGate>("one");
        var first = gate.Hold("first");
        var second = gate.Hold("second");
        host.Stage.Raise("passing.go");
        var passing = gate.Pass("passing");

        host.Stage.Raise("activation go");
        await passing;

        host.Stage.Raise("first.go");
        host.Stage.Raise("second.go");
        await Task.WhenAll(first, second);
    }

    [Fact]
    public async Task A_call_starts_while_one_that_always_interleaves_waits()
    {
        await using var host = await RunningHost.Start();
        var gate = host.Grains.GetGrain<IPlainGate>("one");
        var passing = gate.Pass("passing");
        await host.Stage.Until("passing.entered");

        host.Stage.Raise("call.go");
        await gate.Hold("call");

        host.Stage.Raise("passing.go");
        await passing;
    }

    [Fact]
    public async Task Readers_share_the_turn()
    {
        await using var host = await RunningHost.Start();
        var gate = host.Grains.GetGrain<IPlainGate>("one");
        var first = gate.Look("first");
        await host.Stage.Until("first.entered");

        host.Stage.Raise("second.go");
        await gate.Look("second");

        host.Stage.Raise("first.go");
        await first;
    }

    [Fact]
    public async Task A_writer_waits_for_the_reader_before_it()
    {
        await using var host = await RunningHost.Start();
        var gate = host.Grains.GetGrain<IPlainGate>("one");
        var reader = gate.Look("reader");
        await host.Stage.Until("reader.entered");

        var writer = gate.Hold("writer");
        await Settle(host, gate);
        Assert.False(host.Stage.IsRaised("writer.entered"));

        host.Stage.Raise("reader.go");
        await reader;
        host.Stage.Raise("writer.go");
        await writer;
    }

    [Fact]
    public async Task A_reader_waits_for_the_writer_before_it()
    {
        await using var host = await RunningHost.Start();
        var gate = host.Grains.GetGrain<IPlainGate>("one");
        var writer = gate.Hold("writer");
        await host.Stage.Until("writer.entered");

        var reader = gate.Look("reader");
        await Settle(host, gate);
        Assert.False(host.Stage.IsRaised("reader.entered"));

        host.Stage.Raise("writer.go");
        await writer;
        host.Stage.Raise("reader.go");
        await reader;
    }

    [Fact]
    public async Task A_one_way_call_returns_before_it_has_run()
    {
        await using var host = await RunningHost.Start();

        await host.Grains.GetGrain<IPlainGate>("one").HoldUnawaited("call");

        await host.Stage.Until("call.entered");
        host.Stage.Raise("call.go");
        await host.Stage.Until("call.left");
    }

    /// <summary>A call that overtakes every other has been answered, so those sent before it have been looked at.</summary>
    private static Task Settle(RunningHost host, IGate gate)
    {
        host.Stage.Raise("settled.go");
        return gate.Pass("settled");
    }
}
