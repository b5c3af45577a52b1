using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Embedded;

/// <summary>
/// Where this host keeps more order than Orleans, which lets a writer in as soon as the first of several readers has left.
/// </summary>
public sealed class ReaderTests
{
    [Fact]
    public async Task A_writer_waits_for_every_reader()
    {
        await using var host = await RunningHost.Start();
        var gate = host.Grains.GetGrain<IPlainGate>("one");
        var first = gate.Look("first");
        var second = gate.Look("second");
        await host.Stage.Until("second.entered");
        var writer = gate.Hold("writer");

        host.Stage.Raise("first.go");
        await first;
        await Settle(host, gate);
        Assert.False(host.Stage.IsRaised("writer.entered"));

        host.Stage.Raise("second.go");
        await second;
        host.Stage.Raise("writer.go");
        await writer;
    }

    [Fact]
    public async Task Readers_that_keep_coming_do_not_keep_a_writer_waiting()
    {
        await using var host = await RunningHost.Start();
        var gate = host.Grains.GetGrain<IPlainGate>("one");
        var first = gate.Look("first");
        var second = gate.Look("second");
        await host.Stage.Until("second.entered");
        var writer = gate.Hold("writer");
        host.Stage.Raise("first.go");
        await first;

        var late = gate.Look("late");
        await Settle(host, gate);
        Assert.False(host.Stage.IsRaised("late.entered"));

        host.Stage.Raise("second.go");
        host.Stage.Raise("writer.go");
        host.Stage.Raise("late.go");
        await Task.WhenAll(second, writer, late);
        var log = host.Stage.Log.ToList();
        Assert.True(log.IndexOf("writer.left") < log.IndexOf("late.entered"));
    }

    private static Task Settle(RunningHost host, IPlainGate gate)
    {
        host.Stage.Raise("settled.go");
        return gate.Pass("settled");
    }
}
