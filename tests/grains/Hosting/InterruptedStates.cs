using CodeSigning.Contract;
using CodeSigning.Grains.States;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Grains.Tests.Hosting;

/// <summary>Has something happen once, between what a list finds and what is done about it.</summary>
internal sealed class InterruptedStates
{
    private Func<StateQuery, bool> _when = _ => false;
    private Func<Task> _happens = () => Task.CompletedTask;

    /// <summary>Has it happen after the next list of this kind.</summary>
    public void AfterList(Func<StateQuery, bool> when, Func<Task> happens) => (_when, _happens) = (when, happens);

    /// <summary>Stands before the store of a house.</summary>
    public void Install(IServiceCollection services)
    {
        var store = services.Last(service => service.ServiceType == typeof(IStateStore)).ImplementationType!;
        services.AddSingleton<IStateStore>(
            provider => new Store((IStateStore)ActivatorUtilities.CreateInstance(provider, store), this));
    }

    private async Task InterruptAsync(StateQuery query)
    {
        if (_when(query))
        {
            _when = _ => false;
            await _happens();
        }
    }

    private sealed class Store(IStateStore store, InterruptedStates interruption) : IStateStore
    {
        public Task<StoredState?> ReadAsync(string type, string id, CancellationToken cancellationToken) =>
            store.ReadAsync(type, id, cancellationToken);

        public Task<IReadOnlyList<StoredState>> ReadManyAsync(
            IReadOnlyCollection<(string Type, string Id)> keys, CancellationToken cancellationToken) =>
            store.ReadManyAsync(keys, cancellationToken);

        public Task<(bool Changed, StoredState? State)> ReadIfChangedAsync(
            string type, string id, long knownVersion, CancellationToken cancellationToken) =>
            store.ReadIfChangedAsync(type, id, knownVersion, cancellationToken);

        public Task<IReadOnlyList<StateVersion>> FindStaleAsync(
            IReadOnlyCollection<StateVersion> versions, CancellationToken cancellationToken) =>
            store.FindStaleAsync(versions, cancellationToken);

        public async Task<IReadOnlyList<StoredState>> ListAsync(StateQuery query, CancellationToken cancellationToken)
        {
            var found = await store.ListAsync(query, cancellationToken);
            await interruption.InterruptAsync(query);
            return found;
        }
    }
}
