namespace CodeSigning.Silo.Ledger;

/// <summary>Whether the ledger can be written. Where it cannot, nothing is signed.</summary>
public interface ILedgerHealth
{
    /// <summary>Whether elements are taken.</summary>
    bool IsWritable { get; }

    /// <summary>Why not, as a sentence for an operator; null while it is writable.</summary>
    string? Reason { get; }

    /// <summary>Completes when elements will never be taken again, and only another process can go on. It never fails.</summary>
    Task Broken { get; }
}
