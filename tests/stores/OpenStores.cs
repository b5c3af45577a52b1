namespace CodeSigning.Stores.Tests;

/// <summary>
/// One open store a fixture, for all tests that share it: each works on signers, grants and requests of its own, so none
/// rests on what another has done before.
/// </summary>
public sealed class OpenStores : IAsyncLifetime
{
    private readonly Dictionary<(string, string), OpenStore> _stores = [];

    public Task InitializeAsync() => Task.CompletedTask;

    internal async Task<OpenStore> GetAsync(string commit, string database)
    {
        if (!_stores.TryGetValue((commit, database), out var store))
        {
            _stores.Add((commit, database), store = await OpenStore.OpenAsync(new Fixture(commit, database)));
        }

        return store;
    }

    public async Task DisposeAsync()
    {
        foreach (var store in _stores.Values)
        {
            await store.DisposeAsync();
        }
    }
}

/// <summary>The tests that share the open stores.</summary>
[CollectionDefinition(Name)]
public sealed class SharedStores : ICollectionFixture<OpenStores>
{
    public const string Name = "Stores";
}
