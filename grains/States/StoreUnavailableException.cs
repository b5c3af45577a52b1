namespace CodeSigning.Grains.States;

/// <summary>The store cannot be reached or cannot write at the moment. Whether a write that was under way took place is not known.</summary>
[GenerateSerializer, Alias("codesigning.StoreUnavailable")]
public sealed class StoreUnavailableException : Exception
{
    /// <summary>The store cannot be reached at the moment.</summary>
    public StoreUnavailableException()
        : base("The store cannot be reached at the moment.")
    {
    }

    /// <summary>The store cannot be reached at the moment, for this reason.</summary>
    public StoreUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>The store cannot be reached at the moment, for this reason.</summary>
    public StoreUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
