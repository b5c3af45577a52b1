namespace CodeSigning.Certificates;

/// <summary>Revokes a certificate.</summary>
/// <param name="Reason">Why.</param>
public sealed record RevokeCertificate(RevocationReason Reason);
