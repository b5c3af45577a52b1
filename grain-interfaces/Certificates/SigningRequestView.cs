namespace CodeSigning.Certificates;

/// <summary>A certificate that an external CA still owes.</summary>
/// <param name="Id">The certificate's id.</param>
/// <param name="CsrPem">The PKCS#10 request.</param>
[GenerateSerializer, Immutable, Alias("codesigning.SigningRequestView")]
public sealed record SigningRequestView([property: Id(0)] string Id, [property: Id(1)] string CsrPem);
