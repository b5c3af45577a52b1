using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Embedded;

/// <summary>Orleans promises no order of calls that are sent without waiting, and keeps none while a grain activates.</summary>
public sealed class OrderTests
{
    [Fact]
    public async Task Calls_of_one_caller_run_in_their_order()
    {
        await using var host = await RunningHost.Start();
        var gate = host.Grains.GetGrain<IPlainGate>("one");
        var names = Enumerable.Range(0, 20).Select(static number => $"call{number}").ToArray();
        foreach (var name in names)
            host.Stage.Raise(name + ".go");

        await Task.WhenAll(names.Select(gate.Hold));

        Assert.Equal(names, host.Stage.Log.Where(static note => note.EndsWith(".entered", StringComparison.Ordinal)).Select(static note => note[..^8]));
    }
}
