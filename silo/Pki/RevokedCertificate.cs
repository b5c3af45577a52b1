using System.Security.Cryptography.X509Certificates;
using CodeSigning.Certificates;

namespace CodeSigning.Silo.Pki;

/// <summary>One line of a CRL.</summary>
/// <param name="SerialNumber">Lower-case hex.</param>
/// <param name="At">When it was revoked (UTC).</param>
/// <param name="Reason">Why.</param>
public sealed record RevokedCertificate(string SerialNumber, DateTimeOffset At, RevocationReason Reason)
{
    // RFC 5280, section 5.3.1: where no reason is given the extension should be absent.
    internal X509RevocationReason? CrlReason =>
        Reason == RevocationReason.Unspecified ? null : (X509RevocationReason)(int)Reason;
}
