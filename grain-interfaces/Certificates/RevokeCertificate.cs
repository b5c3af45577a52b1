namespace CodeSigning.Certificates;

/// <summary>Revokes a certificate.</summary>
/// <param name="Reason">Why.</param>
[GenerateSerializer, Immutable, Alias("codesigning.RevokeCertificate")]
public sealed record RevokeCertificate([property: Id(0)] RevocationReason Reason);
