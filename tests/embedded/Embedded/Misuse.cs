using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Embedded;

public interface IShared : IGrainWithStringKey
{
    Task Call();
}

public sealed class SharedOneGrain : Grain, IShared
{
    public Task Call() => Task.CompletedTask;
}

public sealed class SharedTwoGrain : Grain, IShared
{
    public Task Call() => Task.CompletedTask;
}

public interface IUnimplemented : IGrainWithStringKey
{
    Task Call();
}

public interface IHomeless : IGrainWithStringKey
{
    Task Call();
}

public sealed class HomelessGrain([PersistentState("state", "nowhere")] IPersistentState<object> state) : Grain, IHomeless
{
    public Task Call() => Task.FromResult(state.State);
}

public interface IAstray : IGrainWithStringKey
{
    Task WriteOutsideOfTheTurn();

    Task RegisterTimerOutsideOfTheTurn();
}

public sealed class AstrayGrain([PersistentState("state", "memory")] IPersistentState<object> state) : Grain, IAstray
{
    public Task WriteOutsideOfTheTurn() => Task.Run(state.WriteStateAsync);

    public Task RegisterTimerOutsideOfTheTurn() =>
        Task.Run(() => this.RegisterGrainTimer(static () => Task.CompletedTask, TimeSpan.Zero, TimeSpan.Zero));
}

public sealed class MisuseTests
{
    [Fact]
    public async Task An_interface_of_several_classes_has_no_grain()
    {
        await using var host = await RunningHost.Start();

        var exception = Assert.Throws<ArgumentException>(() => host.Grains.GetGrain<IShared>("one"));

        Assert.Contains("SharedOneGrain, SharedTwoGrain", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interface_of_no_class_has_no_grain()
    {
        await using var host = await RunningHost.Start();

        Assert.Throws<ArgumentException>(() => host.Grains.GetGrain<IUnimplemented>("one"));
    }

    [Fact]
    public async Task A_grain_whose_storage_is_missing_says_which()
    {
        await using var host = await RunningHost.Start();

        var exception = await Assert.ThrowsAsync<OrleansConfigurationException>(() => host.Grains.GetGrain<IHomeless>("one").Call());

        Assert.Contains("\"nowhere\"", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task State_and_timers_belong_to_the_grains_own_turn()
    {
        await using var host = await RunningHost.Start();
        var astray = host.Grains.GetGrain<IAstray>("one");

        await Assert.ThrowsAsync<InvalidOperationException>(astray.WriteOutsideOfTheTurn);
        await Assert.ThrowsAsync<InvalidOperationException>(astray.RegisterTimerOutsideOfTheTurn);
    }

    [Fact]
    public void A_grain_is_not_made_by_hand() => Assert.Throws<InvalidOperationException>(static () => new SharedOneGrain());
}
