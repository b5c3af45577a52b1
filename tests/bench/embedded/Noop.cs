namespace CodeSigning.Embedded.Bench;

[Alias("bench.INoop")]
public interface INoop : IGrainWithStringKey
{
    [Alias("Call")]
    Task Call();

    [Alias("Add")]
    Task<int> Add(int amount);

    [Alias("Yield")]
    Task YieldOnce();
}

public sealed class NoopGrain : Grain, INoop
{
    private int _count;

    public Task Call() => Task.CompletedTask;

    public Task<int> Add(int amount) => Task.FromResult(_count += amount);

    public async Task YieldOnce() => await Task.Yield();
}

[Alias("bench.IWorker")]
public interface IWorker : IGrainWithIntegerKey
{
    [Alias("Call")]
    Task Call();
}

[Reentrant, StatelessWorker]
public sealed class WorkerGrain : Grain, IWorker
{
    public Task Call() => Task.CompletedTask;
}
