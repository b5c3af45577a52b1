namespace CodeSigning.Grains.Recording;

/// <summary>
/// Hands a <see cref="PendingChange"/> from a grain to the storage provider under it. The grain model's save takes
/// nothing but the state, and a save without the entry that tells of it must not exist.
/// </summary>
public static class AmbientChange
{
    private static readonly AsyncLocal<PendingChange?> Slot = new();

    /// <summary>The change under way in this flow of control, or null.</summary>
    public static PendingChange? Current => Slot.Value;

    /// <summary>Saves <paramref name="next"/> with the entry that tells of it; on failure the state in memory is what it was.</summary>
    /// <exception cref="Orleans.Storage.InconsistentStateException">Another activation wrote the state; this one will end.</exception>
    /// <exception cref="Ledger.CommitRefusedException">Something that the decision rested on has changed.</exception>
    public static async Task WriteRecordedAsync<TState>(
        this IPersistentState<TState> state, TState next, PendingChange change, CancellationToken cancellationToken)
    {
        var previous = state.State;
        Slot.Value = change;
        state.State = next;
        try
        {
            await state.WriteStateAsync(cancellationToken);
        }
        catch
        {
            state.State = previous;
            throw;
        }
        finally
        {
            Slot.Value = null;
        }
    }

    /// <summary>Deletes the state with the entry that tells of it.</summary>
    /// <inheritdoc cref="WriteRecordedAsync{TState}" path="/exception"/>
    public static async Task ClearRecordedAsync<TState>(
        this IPersistentState<TState> state, PendingChange change, CancellationToken cancellationToken)
    {
        Slot.Value = change;
        try
        {
            await state.ClearStateAsync(cancellationToken);
        }
        finally
        {
            Slot.Value = null;
        }
    }
}
