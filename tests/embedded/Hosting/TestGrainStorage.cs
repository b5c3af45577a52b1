using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Orleans.Storage;

namespace CodeSigning.Embedded.Tests.Hosting;

/// <summary>A store of states in memory, with ETags, that outlives hosts and can be told to fail.</summary>
public sealed class TestGrainStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<(GrainId, string), (string Json, string ETag)> _records = new();
    private int _version;

    /// <summary>Thrown by the next operation, once.</summary>
    public Exception? NextFailure { get; set; }

    public Func<Task>? BeforeWrite { get; set; }

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        ThrowIfTold();
        if (_records.TryGetValue((grainId, stateName), out var record))
        {
            grainState.State = JsonSerializer.Deserialize<T>(record.Json);
            (grainState.ETag, grainState.RecordExists) = (record.ETag, true);
        }
        else
        {
            grainState.State = Activator.CreateInstance<T>();
            (grainState.ETag, grainState.RecordExists) = (null, false);
        }

        return Task.CompletedTask;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        ThrowIfTold();
        if (BeforeWrite is { } wait)
            await wait();
        lock (_records)
        {
            ThrowIfStale(stateName, grainId, grainState);
            grainState.ETag = (++_version).ToString(CultureInfo.InvariantCulture);
            grainState.RecordExists = true;
            _records[(grainId, stateName)] = (JsonSerializer.Serialize(grainState.State), grainState.ETag);
        }
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        ThrowIfTold();
        lock (_records)
        {
            ThrowIfStale(stateName, grainId, grainState);
            _records.TryRemove((grainId, stateName), out _);
            (grainState.State, grainState.ETag, grainState.RecordExists) = (Activator.CreateInstance<T>(), null, false);
        }

        return Task.CompletedTask;
    }

    /// <summary>Changes a record as another node would.</summary>
    public void ChangeBehindTheGrain(GrainId grainId, string stateName, object state)
    {
        lock (_records)
            _records[(grainId, stateName)] = (JsonSerializer.Serialize(state), (++_version).ToString(CultureInfo.InvariantCulture));
    }

    private void ThrowIfStale<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var stored = _records.TryGetValue((grainId, stateName), out var record) ? record.ETag : null;
        if (stored != grainState.ETag)
            throw new InconsistentStateException("The record has changed.", stored, grainState.ETag);
    }

    private void ThrowIfTold()
    {
        if (NextFailure is not { } failure)
            return;
        NextFailure = null;
        throw failure;
    }
}
