namespace CodeSigning.Grains.Ledger;

/// <summary>The ledger could not take an element. Nothing of it was written; the server's log tells why under <see cref="ErrorId"/>.</summary>
[GenerateSerializer, Alias("codesigning.ElementFailed")]
public sealed class ElementFailedException : Exception
{
    /// <summary>The ledger could not take an element.</summary>
    public ElementFailedException()
        : base("The ledger could not take this. Nothing was written.")
    {
    }

    /// <summary>The ledger could not take an element, for this reason.</summary>
    public ElementFailedException(string message)
        : base(message)
    {
    }

    /// <summary>The ledger could not take an element, for this reason.</summary>
    public ElementFailedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The id under which the log tells why; null where it does not.</summary>
    [Id(0)]
    public string? ErrorId { get; init; }
}
