namespace CodeSigning.Silo.Pki;

/// <summary>A certificate, key or name is refused. The message is for the caller, says what is wrong and holds nothing secret.</summary>
public sealed class CertificateRefusedException(CertificateRefusal refusal, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public CertificateRefusal Refusal { get; } = refusal;
}
