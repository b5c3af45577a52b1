namespace CodeSigning.Grains.Certificates;

/// <summary>An entry of a CRL (RFC 5280, section 5.1.2.6).</summary>
/// <param name="SerialNumber">Lower-case hex.</param>
/// <param name="Revocation">When and why.</param>
public sealed record RevokedSerial(string SerialNumber, Revocation Revocation);
