using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Conformance;

public sealed class ContextTests
{
    [Fact]
    public async Task What_the_caller_sets_flows_to_the_grain_and_on()
    {
        await using var host = await RunningHost.Start();
        RequestContext.Set("trace", "42");

        Assert.Equal("42", await host.Grains.GetGrain<IContext>("one").Value("trace"));
        Assert.Equal("42", await host.Grains.GetGrain<IContext>("one").ValueSeenBy("two", "trace"));
        RequestContext.Clear();
        Assert.Null(await host.Grains.GetGrain<IContext>("one").Value("trace"));
    }

    [Fact]
    public async Task What_the_grain_sets_does_not_flow_back()
    {
        await using var host = await RunningHost.Start();
        var grain = host.Grains.GetGrain<IContext>("one");
        RequestContext.Set("trace", "42");

        Assert.Equal("43", await grain.Change("trace", "43"));

        Assert.Equal("42", RequestContext.Get("trace"));
        Assert.Equal("42", await grain.Value("trace"));
    }

    [Fact]
    public async Task What_one_call_sets_the_next_does_not_see()
    {
        await using var host = await RunningHost.Start();
        var grain = host.Grains.GetGrain<IContext>("one");

        await grain.ChangeAtOnce("trace", "42");

        Assert.Null(await grain.Value("trace"));
    }

    [Fact]
    public async Task Removing_a_value_leaves_the_others()
    {
        await using var host = await RunningHost.Start();
        var grain = host.Grains.GetGrain<IContext>("one");
        RequestContext.Set("trace", "42");
        RequestContext.Set("tenant", "acme");

        Assert.True(RequestContext.Remove("trace"));
        Assert.False(RequestContext.Remove("trace"));

        Assert.Null(await grain.Value("trace"));
        Assert.Equal("acme", await grain.Value("tenant"));
    }

    [Fact]
    public async Task Code_after_an_await_is_back_on_the_grains_schedule()
    {
        await using var host = await RunningHost.Start();

        Assert.All(await host.Grains.GetGrain<IContext>("one").StaysOnSchedule(), Assert.True);
    }

    [Fact]
    public async Task Cancelling_ends_the_callers_wait_and_reaches_the_grain()
    {
        await using var host = await RunningHost.Start();
        using var cancellation = new CancellationTokenSource();
        var call = host.Grains.GetGrain<IContext>("one").Wait(cancellation.Token);
        await host.Stage.Until("entered");

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await host.Stage.Until("cancelled");
    }

    [Fact]
    public async Task A_call_with_a_cancelled_token_is_not_made()
    {
        await using var host = await RunningHost.Start();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => host.Grains.GetGrain<IContext>("one").Wait(new CancellationToken(canceled: true)));

        await host.Grains.GetGrain<IContext>("one").Key();
        Assert.False(host.Stage.IsRaised("entered"));
    }
}
