namespace CodeSigning.Ledger;

/// <summary>What came of it. Written as <c>success</c>, <c>failed</c> and <c>denied</c>.</summary>
public enum EntryOutcome
{
    /// <summary>It was done.</summary>
    Success = 1,

    /// <summary>It was allowed but could not be done.</summary>
    Failed = 2,

    /// <summary>It was not allowed.</summary>
    Denied = 3,
}
