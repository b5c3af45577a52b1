namespace CodeSigning.Certificates;

/// <summary>A key to be made, and a PKCS#10 request for it (RFC 2986) to take to an external CA.</summary>
/// <param name="Subject">The distinguished name, such as <c>CN=Example,O=Example Ltd,C=DE</c> (RFC 4514).</param>
/// <param name="KeyAlgorithm">The kind of the key.</param>
public sealed record CreateSigningRequest(string Subject, string KeyAlgorithm);
