using Orleans;
using Orleans.Core;
using Orleans.Runtime;
using Orleans.Storage;

namespace CodeSigning.Embedded.Engine;

/// <summary>
/// A grain's state. Operations of calls that interleave run one after another, each with the ETag the one before left.
/// </summary>
internal sealed class PersistentState<TState> : IPersistentState<TState>
{
    private readonly Activation _activation;
    private readonly string _name;
    private readonly IGrainStorage _storage;
    private readonly GrainState<TState> _state = new(System.Activator.CreateInstance<TState>());
    private Task _last = Task.CompletedTask;

    private PersistentState(Activation activation, string name, IGrainStorage storage)
    {
        _activation = activation;
        _name = name;
        _storage = storage;
    }

    public TState State
    {
        get => _state.State!;
        set => _state.State = value;
    }

    public string? Etag => _state.ETag;

    public bool RecordExists => _state.RecordExists;

    public Task ReadStateAsync() => ReadStateAsync(CancellationToken.None);

    public Task WriteStateAsync() => WriteStateAsync(CancellationToken.None);

    public Task ClearStateAsync() => ClearStateAsync(CancellationToken.None);

    public Task ReadStateAsync(CancellationToken cancellationToken) => RunInOrder(
        () => _storage.ReadStateAsync(_name, _activation.GrainId, _state, cancellationToken), nameof(ReadStateAsync));

    public Task WriteStateAsync(CancellationToken cancellationToken) => RunInOrder(
        () => _storage.WriteStateAsync(_name, _activation.GrainId, _state, cancellationToken), nameof(WriteStateAsync));

    public Task ClearStateAsync(CancellationToken cancellationToken) => RunInOrder(
        () => _storage.ClearStateAsync(_name, _activation.GrainId, _state, cancellationToken), nameof(ClearStateAsync));

    internal static IStorage Create(Activation activation, string name, IGrainStorage storage) =>
        new PersistentState<TState>(activation, name, storage);

    private Task RunInOrder(Func<Task> operation, string description)
    {
        if (Activation.Current != _activation)
            throw new InvalidOperationException($"State of {_activation.GrainId} is used outside of the grain's own turn.");
        return _last = Run(_last, operation, description);
    }

    private async Task Run(Task before, Func<Task> operation, string description)
    {
        // What failed before us has told its own caller.
        if (!before.IsCompleted)
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        try
        {
            await operation();
        }
        catch (Exception exception) when (exception is not (OrleansException or OperationCanceledException))
        {
            throw new OrleansException(
                $"Storage failed in {description} of state \"{_name}\" of {_activation.GrainId}: {exception.Message}", exception);
        }
    }
}
