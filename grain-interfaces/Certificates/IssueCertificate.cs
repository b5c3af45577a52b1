namespace CodeSigning.Certificates;

/// <summary>A code-signing certificate to be issued by an internal CA; its key is made in the vault.</summary>
/// <param name="CaId">The issuing CA.</param>
/// <param name="CommonName">The subject's common name, 1 to 64 characters.</param>
/// <param name="KeyAlgorithm">The kind of its key.</param>
/// <param name="TtlDays">Its life in days, 1 to 3650; never longer than its issuer's.</param>
public sealed record IssueCertificate(
    string CaId,
    string CommonName,
    string KeyAlgorithm,
    int TtlDays);
