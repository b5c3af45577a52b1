using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Grains;

/// <summary>A grain that tells what flows with a call, and on what it runs.</summary>
[Alias("tests.IContext")]
public interface IContext : IGrainWithStringKey
{
    [Alias("Value")]
    Task<string?> Value(string key);

    [Alias("ValueSeenBy")]
    Task<string?> ValueSeenBy(string other, string key);

    [Alias("Change")]
    Task<string?> Change(string key, string value);

    [Alias("ChangeAtOnce")]
    Task ChangeAtOnce(string key, string value);

    [Alias("StaysOnSchedule")]
    Task<bool[]> StaysOnSchedule();

    [Alias("Wait")]
    Task Wait(CancellationToken cancellationToken);

    [Alias("Key")]
    Task<string> Key();

    [Alias("KeyOf")]
    Task<string> KeyOf(IContext other);

    [Alias("Self")]
    Task<IContext> Self();
}

[Alias("tests.INumbered")]
public interface INumbered : IGrainWithIntegerKey
{
    [Alias("Number")]
    Task<long> Number();
}

public sealed class ContextGrain(Stage stage) : Grain, IContext
{
    public Task<string?> Value(string key) => Task.FromResult((string?)RequestContext.Get(key));

    public async Task<string?> ValueSeenBy(string other, string key)
    {
        await Task.Yield();
        return await GrainFactory.GetGrain<IContext>(other).Value(key);
    }

    public async Task<string?> Change(string key, string value)
    {
        RequestContext.Set(key, value);
        await Task.Yield();
        return (string?)RequestContext.Get(key);
    }

    public Task ChangeAtOnce(string key, string value)
    {
        RequestContext.Set(key, value);
        return Task.CompletedTask;
    }

    public async Task<bool[]> StaysOnSchedule()
    {
        var schedule = TaskScheduler.Current;
        await Task.Yield();
        var afterYield = TaskScheduler.Current;
        await Task.Run(static () => { });
        var afterRun = TaskScheduler.Current;
        var inside = await Task.Factory.StartNew(static () => TaskScheduler.Current, CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Current);
        var outside = await Task.Run(static () => TaskScheduler.Current);
        return [schedule != TaskScheduler.Default, afterYield == schedule, afterRun == schedule, inside == schedule, outside == TaskScheduler.Default];
    }

    public async Task Wait(CancellationToken cancellationToken)
    {
        stage.Raise("entered");
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
        finally
        {
            stage.Raise("cancelled");
        }
    }

    public Task<string> Key() => Task.FromResult(this.GetPrimaryKeyString());

    public Task<string> KeyOf(IContext other) => other.Key();

    public Task<IContext> Self() => Task.FromResult(this.AsReference<IContext>());
}

public sealed class NumberedGrain : Grain, INumbered
{
    public Task<long> Number() => Task.FromResult(this.GetPrimaryKeyLong());
}
