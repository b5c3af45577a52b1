using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Conformance;

public sealed class StatelessWorkerTests
{
    [Fact]
    public async Task Calls_to_one_key_run_at_once_up_to_the_number_of_workers()
    {
        await using var host = await RunningHost.Start();
        var gate = host.Grains.GetGrain<IWorkerGate>("one");
        var first = gate.Hold("first");
        await host.Stage.Until("first.entered");
        var second = gate.Hold("second");
        await host.Stage.Until("second.entered");

        var third = gate.Hold("third");
        host.Stage.Raise("passing.go");
        await gate.Pass("passing");
        Assert.False(host.Stage.IsRaised("third.entered"));

        host.Stage.Raise("first.go");
        host.Stage.Raise("second.go");
        host.Stage.Raise("third.go");
        await Task.WhenAll(first, second, third);
    }

    [Fact]
    public async Task Reentrant_workers_have_any_number_of_calls_in_flight()
    {
        await using var host = await RunningHost.Start();
        var gate = host.Grains.GetGrain<IReentrantWorkerGate>("one");
        var names = Enumerable.Range(0, 100).Select(static number => $"call{number}").ToArray();

        var calls = names.Select(gate.Hold).ToArray();
        foreach (var name in names)
            await host.Stage.Until(name + ".entered");

        foreach (var name in names)
            host.Stage.Raise(name + ".go");
        await Task.WhenAll(calls);
    }
}
