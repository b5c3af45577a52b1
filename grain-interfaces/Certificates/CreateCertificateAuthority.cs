namespace CodeSigning.Certificates;

/// <summary>An internal CA to be made.</summary>
/// <param name="CommonName">Its subject's common name, 1 to 64 characters.</param>
/// <param name="KeyAlgorithm">The kind of its key.</param>
/// <param name="TtlDays">Its life in days, 1 to 9125; never longer than its parent's.</param>
/// <param name="ParentId">The CA that issues it; a root of its own without.</param>
public sealed record CreateCertificateAuthority(
    string CommonName,
    string KeyAlgorithm,
    int TtlDays,
    string? ParentId = null);
