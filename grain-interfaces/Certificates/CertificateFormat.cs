namespace CodeSigning.Certificates;

/// <summary>How a certificate is taken out. Written as <c>pem</c>, <c>der</c>, <c>p7b</c> and <c>chain</c>.</summary>
public enum CertificateFormat
{
    /// <summary>The leaf as PEM.</summary>
    Pem = 1,

    /// <summary>The leaf as DER.</summary>
    Der = 2,

    /// <summary>Leaf and chain as a certs-only SignedData (RFC 5652), DER.</summary>
    P7b = 3,

    /// <summary>Leaf and chain as PEM, leaf first.</summary>
    Chain = 4,
}
