using System.Globalization;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Ledger;
using Orleans.Storage;

namespace CodeSigning.Silo.Storage;

/// <summary>
/// The grain-storage provider: reads states from the store and saves them through the ledger, each save with the entry
/// that tells of it (<see cref="AmbientChange"/>). A state's kind is the name of its facet, its id the grain's key.
/// </summary>
public sealed class LedgerGrainStorage(IStateStore states, ILedger ledger) : IGrainStorage
{
    /// <summary>The provider's name, by which facets ask for it.</summary>
    public const string Name = "ledger";

    /// <inheritdoc/>
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <inheritdoc cref="IGrainStorage.ReadStateAsync{T}(string, GrainId, IGrainState{T})"/>
    public async Task ReadStateAsync<T>(
        string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var stored = await states.ReadAsync(stateName, Key(grainId), cancellationToken);
        if (stored is null)
        {
            Forget(grainState);
            return;
        }

        grainState.State = StateJson.Read<T>(stored.Content.Span);
        grainState.ETag = ToETag(stored.Version);
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <inheritdoc cref="IGrainStorage.WriteStateAsync{T}(string, GrainId, IGrainState{T})"/>
    /// <exception cref="InconsistentStateException">The stored state has another version.</exception>
    /// <exception cref="CommitRefusedException">Something else that the change rests on does not hold any more.</exception>
    public async Task WriteStateAsync<T>(
        string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var state = grainState.State ?? throw new InvalidOperationException($"The state '{stateName}' of {grainId} is null.");
        var index = (state as IIndexedState)?.ToIndex() ?? StateIndex.None;
        var expected = ToVersion(grainState.ETag);
        StateWrite write = new(stateName, Key(grainId), expected, StateJson.Write(state), index);
        await CommitAsync(write, grainState.ETag, cancellationToken);
        grainState.ETag = ToETag(expected + 1);
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <inheritdoc cref="IGrainStorage.ClearStateAsync{T}(string, GrainId, IGrainState{T})"/>
    /// <exception cref="InconsistentStateException">The stored state has another version.</exception>
    /// <exception cref="CommitRefusedException">Something else that the change rests on does not hold any more.</exception>
    public async Task ClearStateAsync<T>(
        string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var expected = ToVersion(grainState.ETag);
        if (expected > 0)
        {
            StateWrite write = new(stateName, Key(grainId), expected, Content: null, StateIndex.None);
            await CommitAsync(write, grainState.ETag, cancellationToken);
        }

        Forget(grainState);
    }

    private async Task CommitAsync(StateWrite write, string? etag, CancellationToken cancellationToken)
    {
        var change = AmbientChange.Current ?? throw new InvalidOperationException(
            $"The state {write.Type}/{write.Id} was saved without the entry that tells of it; save it with {nameof(AmbientChange.WriteRecordedAsync)}.");
        LedgerElement element = new()
        {
            Entry = change.Entry,
            ReadSet = change.ReadSet,
            Until = change.Until,
            Writes = change.AlsoWrites.IsDefault ? [write] : [write, .. change.AlsoWrites],
            Answer = change.Answer,
            Counters = change.Counters,
        };
        switch (await ledger.CommitAsync(element, cancellationToken))
        {
            case CommitOutcome.Committed:
                return;
            case CommitOutcome.Stale stale when Find(stale, write) is { } actual:
                throw new InconsistentStateException(
                    $"The stored {write.Type}/{write.Id} has another version.", ToETag(actual.Version), etag, null);
            case var refused:
                throw new CommitRefusedException(refused);
        }
    }

    private static StateVersion? Find(CommitOutcome.Stale stale, StateWrite write)
    {
        foreach (var actual in stale.Actual)
        {
            if (actual.Type == write.Type && actual.Id == write.Id)
                return actual;
        }

        return null;
    }

    private static void Forget<T>(IGrainState<T> grainState)
    {
        grainState.State = Activator.CreateInstance<T>();
        grainState.ETag = null;
        grainState.RecordExists = false;
    }

    private static string Key(GrainId grainId) => grainId.Key.ToString();

    private static string? ToETag(long version) => version == 0 ? null : version.ToString(CultureInfo.InvariantCulture);

    private static long ToVersion(string? etag) => etag is null ? 0 : long.Parse(etag, CultureInfo.InvariantCulture);
}
