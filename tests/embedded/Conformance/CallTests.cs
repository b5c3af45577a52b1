using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Conformance;

public sealed class CallTests
{
    [Fact]
    public async Task A_call_returns_what_the_grain_returned()
    {
        await using var host = await RunningHost.Start();
        var counter = host.Grains.GetGrain<ICounter>("one");

        Assert.Equal(2, await counter.Add(2));
        Assert.Equal(5, await counter.AddValue(3));
        await counter.Nothing();
        Assert.Equal(5, await counter.Get());
    }

    [Fact]
    public async Task Turns_of_one_grain_never_run_at_once()
    {
        await using var host = await RunningHost.Start();
        var counter = host.Grains.GetGrain<ICounter>("one");

        await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => Task.Run(counter.AddSlowly)));

        Assert.Equal(1000, await counter.Get());
    }

    [Fact]
    public async Task A_grains_exception_reaches_the_caller_with_type_message_and_stack()
    {
        await using var host = await RunningHost.Start();
        var counter = host.Grains.GetGrain<ICounter>("one");

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => counter.Fail("as told"));

        Assert.Equal("as told", exception.Message);
        Assert.Contains(nameof(CounterGrain), exception.StackTrace, StringComparison.Ordinal);
    }
}
