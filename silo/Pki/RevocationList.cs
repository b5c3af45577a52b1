namespace CodeSigning.Silo.Pki;

/// <summary>A CRL (RFC 5280, section 5).</summary>
/// <param name="Der">The CRL itself, DER.</param>
/// <param name="Number">Its number.</param>
/// <param name="ThisUpdate">When it was made (UTC).</param>
/// <param name="NextUpdate">By when the next one is made (UTC).</param>
public sealed record RevocationList(ReadOnlyMemory<byte> Der, long Number, DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate);
