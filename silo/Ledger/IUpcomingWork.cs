namespace CodeSigning.Silo.Ledger;

/// <summary>Tells the ledger's writer of work that will soon end in an entry.</summary>
public interface IUpcomingWork
{
    /// <summary>Completes when no such work waits for a processor; at once where none does now. It never fails.</summary>
    Task NoneWaitsAsync();
}
