namespace CodeSigning.Grains.Certificates;

/// <summary>A certificate that was just issued or brought in, with its key; nothing of it is stored yet.</summary>
/// <param name="Key">The key.</param>
/// <param name="Subject">The certificate's subject (RFC 4514).</param>
/// <param name="Certificate">The certificate.</param>
public sealed record MadeCertificate(CustodyKey Key, string Subject, ChainedCertificate Certificate);
