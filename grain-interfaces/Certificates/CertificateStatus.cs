namespace CodeSigning.Certificates;

/// <summary>Where a certificate stands. Written as <c>awaiting</c>, <c>active</c>, <c>revoked</c> and <c>expired</c>.</summary>
public enum CertificateStatus
{
    /// <summary>An external CA still owes it.</summary>
    Awaiting = 1,

    /// <summary>It may be used.</summary>
    Active = 2,

    /// <summary>It, or a CA above it, was revoked.</summary>
    Revoked = 3,

    /// <summary>Computed, never stored: its end has come.</summary>
    Expired = 4,
}
