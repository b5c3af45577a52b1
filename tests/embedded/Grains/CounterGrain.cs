
namespace CodeSigning.Embedded.Tests.Grains;

[Alias("tests.ICounter")]
public interface ICounter : IGrainWithStringKey
{
    [Alias("Add")]
    Task<int> Add(int amount);

    [ReadOnly]
    [Alias("Get")]
    Task<int> Get();

    [Alias("AddValue")]
    ValueTask<int> AddValue(int amount);

    [Alias("Nothing")]
    ValueTask Nothing();

    [Alias("AddSlowly")]
    Task AddSlowly();

    [Alias("Fail")]
    Task Fail(string message);
}

public sealed class CounterGrain : Grain, ICounter
{
    private int _count;

    public Task<int> Add(int amount) => Task.FromResult(_count += amount);

    public Task<int> Get() => Task.FromResult(_count);

    public ValueTask<int> AddValue(int amount) => new(_count += amount);

    public ValueTask Nothing() => ValueTask.CompletedTask;

    public async Task AddSlowly()
    {
        var before = _count;
        await Task.Yield();
        _count = before + 1;
    }

    public Task Fail(string message) => throw new InvalidOperationException(message);
}
