namespace CodeSigning.Grains.Ledger;

/// <summary>Finds the answers that were kept for idempotency keys (<see cref="IdempotentAnswer"/>).</summary>
public interface IAnswerStore
{
    /// <summary>The answer kept for this caller, call and key during the last 24 hours; null where there is none.</summary>
    Task<IdempotentAnswer?> FindAsync(string caller, string scope, string key, CancellationToken cancellationToken);
}
