namespace CodeSigning.Certificates;

/// <summary>A key to be made, and a PKCS#10 request for it (RFC 2986) to take to an external CA.</summary>
/// <param name="Subject">The distinguished name, such as <c>CN=Example,O=Example Ltd,C=DE</c> (RFC 4514).</param>
/// <param name="KeyAlgorithm">The kind of the key.</param>
[GenerateSerializer, Immutable, Alias("codesigning.CreateSigningRequest")]
public sealed record CreateSigningRequest([property: Id(0)] string Subject, [property: Id(1)] string KeyAlgorithm);
