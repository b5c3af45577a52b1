using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Embedded.Tests.Conformance;

public sealed class FilterTests
{
    private readonly Stage _stage = new();

    [Fact]
    public async Task Filters_run_around_a_call_in_the_order_of_their_registration()
    {
        await using var host = await Start();

        Assert.Equal("hello", await host.Grains.GetGrain<IFailing>("one").Echo("hello"));

        Assert.Equal(
            [
                "outer: failing/one Echo IFailing FailingGrain failing/one",
                "inner: failing/one Echo IFailing FailingGrain failing/one",
                "inner: hello",
                "outer: hello",
            ],
            _stage.Log);
    }

    [Fact]
    public async Task A_filter_may_refuse_a_call()
    {
        await using var host = await Start();
        RequestContext.Set("refused by", "inner");

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => host.Grains.GetGrain<IFailing>("one").Echo("hello"));

        Assert.Equal("refused by inner", exception.Message);
    }

    [Fact]
    public async Task A_filter_may_change_the_result()
    {
        await using var host = await Start();
        RequestContext.Set("replaced by", "outer");

        Assert.Equal("outer was here", await host.Grains.GetGrain<IFailing>("one").Echo("hello"));
    }

    [Fact]
    public async Task A_filter_sees_the_grains_exception()
    {
        await using var host = await Start();

        await Assert.ThrowsAsync<QuotaException>(() => host.Grains.GetGrain<IFailing>("one").FailLater(1));

        Assert.Equal(["inner: spent", "outer: spent"], _stage.Log.TakeLast(2));
    }

    private Task<RunningHost> Start() => RunningHost.Start(new HostSettings
    {
        Stage = _stage,
        AlsoAdd = services =>
        {
            services.AddSingleton<IIncomingGrainCallFilter>(new NotingFilter("outer", _stage));
            services.AddSingleton<IIncomingGrainCallFilter>(new NotingFilter("inner", _stage));
        },
    });
}
