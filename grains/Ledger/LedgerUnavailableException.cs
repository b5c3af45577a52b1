namespace CodeSigning.Grains.Ledger;

/// <summary>The ledger takes no more at the moment: too much waits, or the store cannot be written. A retry is safe.</summary>
[GenerateSerializer, Alias("codesigning.LedgerUnavailable")]
public sealed class LedgerUnavailableException : Exception
{
    /// <summary>The ledger takes no more at the moment.</summary>
    public LedgerUnavailableException()
        : base("The ledger cannot be written at the moment.")
    {
    }

    /// <summary>The ledger takes no more at the moment, for this reason.</summary>
    public LedgerUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>The ledger takes no more at the moment, for this reason.</summary>
    public LedgerUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
