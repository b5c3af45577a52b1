namespace CodeSigning.Silo.Ledger.Checkpoints;

/// <summary>Reads checkpoints for whoever wants to keep them outside.</summary>
public interface ICheckpoints
{
    /// <summary>One page of checkpoints as texts, newest first.</summary>
    /// <param name="before">Only those with a smaller number; null for the newest.</param>
    /// <param name="limit">At most so many, 1 to 1000.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task<IReadOnlyList<(long Number, string Text)>> ListAsync(long? before, int limit, CancellationToken cancellationToken);
}
