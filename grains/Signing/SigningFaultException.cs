namespace CodeSigning.Grains.Signing;

/// <summary>A signature could not be made, or was wrong and was thrown away. It becomes an entry of a failure.</summary>
[GenerateSerializer, Alias("codesigning.SigningFault")]
public sealed class SigningFaultException : Exception
{
    /// <summary>A signature could not be made.</summary>
    public SigningFaultException()
        : base("The signature could not be made.")
    {
    }

    /// <summary>A signature could not be made, for this reason.</summary>
    public SigningFaultException(string message)
        : base(message)
    {
    }

    /// <summary>A signature could not be made, for this reason.</summary>
    public SigningFaultException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
