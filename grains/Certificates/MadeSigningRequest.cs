namespace CodeSigning.Grains.Certificates;

/// <summary>A request for an external CA, with the key it is for; nothing of it is stored yet.</summary>
/// <param name="Key">The key.</param>
/// <param name="Subject">The subject as the request has it (RFC 4514).</param>
/// <param name="CsrPem">The request (RFC 2986).</param>
public sealed record MadeSigningRequest(CustodyKey Key, string Subject, string CsrPem);
