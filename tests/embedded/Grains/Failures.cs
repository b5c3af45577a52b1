namespace CodeSigning.Embedded.Tests.Grains;

[GenerateSerializer, Alias("tests.QuotaException")]
public sealed class QuotaException(string message, int left) : Exception(message)
{
    [Id(0)]
    public int Left { get; } = left;
}

[Alias("tests.IFailing")]
public interface IFailing : IGrainWithStringKey
{
    [Alias("FailAtOnce")]
    Task FailAtOnce(string message);

    [Alias("FailLater")]
    Task<int> FailLater(int left);

    [Alias("FailValue")]
    ValueTask<int> FailValue(string message);

    [Alias("FailInAnother")]
    Task<int> FailInAnother(string other, int left);

    [Alias("GiveUp")]
    Task GiveUp();

    [Alias("Echo")]
    Task<string> Echo(string text);
}

public sealed class FailingGrain : Grain, IFailing
{
    public Task FailAtOnce(string message) => throw new InvalidOperationException(message);

    public async Task<int> FailLater(int left)
    {
        await Task.Yield();
        throw new QuotaException("spent", left);
    }

    public ValueTask<int> FailValue(string message) => ValueTask.FromException<int>(new ArgumentException(message));

    public Task<int> FailInAnother(string other, int left) => GrainFactory.GetGrain<IFailing>(other).FailLater(left);

    public Task GiveUp() => throw new OperationCanceledException("given up");

    public Task<string> Echo(string text) => Task.FromResult(text);
}
