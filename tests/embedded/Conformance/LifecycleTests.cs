using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Conformance;

public sealed class LifecycleTests
{
    [Fact]
    public async Task The_first_call_activates_the_grain_and_later_ones_find_it()
    {
        await using var host = await RunningHost.Start();
        var life = host.Grains.GetGrain<ILife>("one");
        Assert.Empty(host.Stage.Log);

        Assert.Equal(await life.Activation(), await life.Activation());

        Assert.Equal(["activating", "activated", "called", "called"], host.Stage.Log);
    }

    [Fact]
    public async Task Calls_wait_while_the_grain_activates()
    {
        await using var host = await RunningHost.Start();
        host.Stage.Raise("activation held");
        var life = host.Grains.GetGrain<ILife>("one");

        var calls = new[] { life.Activation(), life.Activation(), life.Activation() };
        await host.Stage.Until("activating");
        Assert.DoesNotContain("called", host.Stage.Log);
        host.Stage.Raise("activation go");

        Assert.Single((await Task.WhenAll(calls)).Distinct());
    }

    [Fact]
    public async Task A_failed_activation_fails_the_calls_that_wait_and_the_next_call_tries_again()
    {
        await using var host = await RunningHost.Start();
        host.Stage.Raise("activation held");
        host.Stage.Raise("activation fails");
        var life = host.Grains.GetGrain<ILife>("one");

        var calls = new[] { life.Activation(), life.Activation() };
        await host.Stage.Until("activating");
        host.Stage.Raise("activation go");
        foreach (var call in calls)
            Assert.Equal("not today", (await Assert.ThrowsAsync<InvalidOperationException>(() => call)).Message);

        host.Stage.Raise("activation works");
        await life.Activation();
        Assert.Contains("activated", host.Stage.Log);
    }

    [Fact]
    public async Task A_grain_that_asks_for_its_end_is_deactivated_and_the_next_call_finds_another()
    {
        await using var host = await RunningHost.Start();
        var life = host.Grains.GetGrain<ILife>("one");

        var first = await life.End();
        await host.Stage.Until("disposed");
        var second = await Patiently.Call(life.Activation);

        Assert.NotEqual(first, second);
        Assert.Contains("deactivating: ApplicationRequested", host.Stage.Log);
    }

    [Fact]
    public async Task A_grain_ends_only_after_the_call_in_which_it_asked()
    {
        await using var host = await RunningHost.Start();
        var call = host.Grains.GetGrain<ILife>("one").EndAndHold();
        await host.Stage.Until("entered");
        Assert.False(host.Stage.IsRaised("deactivating"));

        host.Stage.Raise("go");
        await call;
        await host.Stage.Until("deactivated");

        Assert.Equal(["activating", "activated", "call ended", "deactivating: ApplicationRequested", "deactivated"], host.Stage.Log);
    }

    [Fact]
    public async Task A_call_that_comes_while_the_grain_ends_is_answered_by_the_next_activation()
    {
        await using var host = await RunningHost.Start();
        host.Stage.Raise("deactivation held");
        var life = host.Grains.GetGrain<ILife>("one");
        var first = await life.End();
        await host.Stage.Until("deactivating");

        var call = Patiently.Call(life.Activation);
        host.Stage.Raise("deactivation go");

        Assert.NotEqual(first, await call);
        var log = host.Stage.Log.ToList();
        Assert.True(log.IndexOf("deactivated") < log.LastIndexOf("activating"));
    }

    [Fact]
    public async Task A_grain_that_fails_to_deactivate_is_gone_all_the_same()
    {
        await using var host = await RunningHost.Start();
        host.Stage.Raise("deactivation fails");
        var life = host.Grains.GetGrain<ILife>("one");

        var first = await life.End();
        await host.Stage.Until("disposed");

        Assert.NotEqual(first, await Patiently.Call(life.Activation));
    }

    [Fact]
    public async Task An_idle_grain_is_collected()
    {
        await using var host = await RunningHost.Start();
        var life = host.Grains.GetGrain<ILife>("one");
        var first = await life.Activation();

        await host.CollectIdle();
        await host.Stage.Until("disposed");

        Assert.Contains("deactivating: ActivationIdle", host.Stage.Log);
        Assert.NotEqual(first, await Patiently.Call(life.Activation));
    }

    [Fact]
    public async Task A_grain_that_delays_its_deactivation_is_not_collected()
    {
        await using var host = await RunningHost.Start();
        var staying = host.Grains.GetGrain<ILife>("staying");
        var first = await staying.Activation();
        await staying.Stay(Timeout.InfiniteTimeSpan);
        await host.Grains.GetGrain<ILife>("other").Activation();

        await host.CollectIdle();
        await host.Stage.Until("disposed");

        Assert.Equal(first, await staying.Activation());
    }

    [Fact]
    public async Task A_grain_that_is_kept_alive_is_not_collected()
    {
        await using var host = await RunningHost.Start();
        var kept = host.Grains.GetGrain<ILongLife>("kept");
        var first = await kept.Activation();
        await host.Grains.GetGrain<ILife>("other").Activation();

        await host.CollectIdle();
        await host.Stage.Until("disposed");

        Assert.Equal(first, await kept.Activation());
    }

    [Fact]
    public async Task Stopping_the_host_deactivates_its_grains()
    {
        var host = await RunningHost.Start();
        await host.Grains.GetGrain<ILife>("one").Activation();

        await host.DisposeAsync();

        Assert.Contains("deactivating: ShuttingDown", host.Stage.Log);
        Assert.Contains("deactivated", host.Stage.Log);
    }
}
