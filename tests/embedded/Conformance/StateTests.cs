using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;
using Orleans.Storage;

namespace CodeSigning.Embedded.Tests.Conformance;

public sealed class StateTests
{
    [Fact]
    public async Task A_state_that_was_never_written_is_new()
    {
        await using var host = await RunningHost.Start();

        var view = await host.Grains.GetGrain<IAccount>("one").View();

        Assert.Equal((0, false, false), (view.Balance, view.RecordExists, view.HasEtag));
    }

    [Fact]
    public async Task A_written_state_is_read_before_the_next_activation()
    {
        await using var host = await RunningHost.Start();
        var account = host.Grains.GetGrain<IAccount>("one");
        await account.SaveBoth(5, 100);
        await account.End();
        await host.Stage.Until("disposed");

        var view = await Patiently.Call(account.View);

        Assert.Equal((5, true, true), (view.Balance, view.RecordExists, view.HasEtag));
        Assert.Equal(100, await account.Limit());
        Assert.Equal(["activated with 0", "activated with 5"], host.Stage.Log);
    }

    [Fact]
    public async Task A_written_state_outlives_the_host()
    {
        var storage = new TestGrainStorage();
        await using (var host = await RunningHost.Start(new HostSettings { Storage = storage }))
            await host.Grains.GetGrain<IAccount>("one").Save(5);

        await using var next = await RunningHost.Start(new HostSettings { Storage = storage });

        Assert.Equal(5, (await next.Grains.GetGrain<IAccount>("one").View()).Balance);
    }

    [Fact]
    public async Task A_state_in_memory_is_not_in_the_store()
    {
        await using var host = await RunningHost.Start();
        var account = host.Grains.GetGrain<IAccount>("one");
        await account.Save(5);
        host.Settings.Storage.NextFailure = new InvalidOperationException("disk full");
        await Assert.ThrowsAnyAsync<OrleansException>(() => account.Save(6));

        Assert.Equal(5, await account.ReadAgain());
    }

    [Fact]
    public async Task A_cleared_state_is_new()
    {
        await using var host = await RunningHost.Start();
        var account = host.Grains.GetGrain<IAccount>("one");
        await account.Save(5);

        await account.Clear();

        var view = await account.View();
        Assert.Equal((0, false, false), (view.Balance, view.RecordExists, view.HasEtag));
        await account.Save(6);
        Assert.Equal(6, await account.ReadAgain());
    }

    [Fact]
    public async Task A_stale_write_reaches_the_caller_and_ends_the_activation()
    {
        await using var host = await RunningHost.Start();
        var account = host.Grains.GetGrain<IAccount>("one");
        await account.Save(5);
        var before = await account.View();
        host.Settings.Storage.ChangeBehindTheGrain(account.GetGrainId(), "account", new AccountState { Balance = 7 });

        await Assert.ThrowsAsync<InconsistentStateException>(() => account.Save(6));
        await host.Stage.Until("disposed");

        var after = await Patiently.Call(account.View);
        Assert.Equal(7, after.Balance);
        Assert.NotEqual(before.Activation, after.Activation);
    }

    [Fact]
    public async Task A_stale_write_that_the_grain_handles_does_not_end_it()
    {
        await using var host = await RunningHost.Start();
        var account = host.Grains.GetGrain<IAccount>("one");
        await account.Save(5);
        var before = await account.View();
        host.Settings.Storage.ChangeBehindTheGrain(account.GetGrainId(), "account", new AccountState { Balance = 7 });

        Assert.False(await account.TryToSave(6));

        Assert.Equal(before.Activation, (await account.View()).Activation);
        Assert.Equal(7, await account.ReadAgain());
        Assert.True(await account.TryToSave(8));
    }

    [Fact]
    public async Task A_stale_write_does_not_end_the_grain_that_called()
    {
        await using var host = await RunningHost.Start();
        var caller = host.Grains.GetGrain<IAccount>("caller");
        var callee = host.Grains.GetGrain<IAccount>("callee");
        await callee.Save(5);
        var before = await caller.View();
        host.Settings.Storage.ChangeBehindTheGrain(callee.GetGrainId(), "account", new AccountState { Balance = 7 });

        await Assert.ThrowsAsync<InconsistentStateException>(() => caller.SaveInAnother("callee", 6));
        await host.Stage.Until("disposed");

        Assert.Equal(before.Activation, (await caller.View()).Activation);
    }

    [Fact]
    public async Task A_fault_of_the_store_reaches_the_caller_and_leaves_the_activation()
    {
        await using var host = await RunningHost.Start();
        var account = host.Grains.GetGrain<IAccount>("one");
        var before = await account.View();
        host.Settings.Storage.NextFailure = new InvalidOperationException("disk full");

        var exception = await Assert.ThrowsAnyAsync<OrleansException>(() => account.Save(5));

        Assert.Contains("disk full", exception.ToString(), StringComparison.Ordinal);
        Assert.Equal(before.Activation, (await account.View()).Activation);
    }

    [Fact]
    public async Task A_state_that_cannot_be_read_fails_the_activation()
    {
        await using var host = await RunningHost.Start();
        host.Settings.Storage.NextFailure = new InvalidOperationException("disk gone");
        var account = host.Grains.GetGrain<IAccount>("one");

        var exception = await Assert.ThrowsAnyAsync<OrleansException>(account.View);

        Assert.Contains("disk gone", exception.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, (await Patiently.Call(account.View)).Balance);
    }

    [Fact]
    public async Task Writes_of_calls_that_interleave_do_not_conflict()
    {
        await using var host = await RunningHost.Start();
        host.Settings.Storage.BeforeWrite = static async () => await Task.Yield();
        var account = host.Grains.GetGrain<IAccount>("one");

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => account.Add(1)));

        Assert.Equal(50, await account.ReadAgain());
    }
}
