namespace CodeSigning.Silo.Ledger;

/// <summary>Tells the ledger's writer of work that will soon end in an entry.</summary>
public interface IUpcomingWork
{
    /// <summary>How many pieces of such work wait for a processor now.</summary>
    int Waiting { get; }
}
