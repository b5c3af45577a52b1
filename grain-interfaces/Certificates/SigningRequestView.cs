namespace CodeSigning.Certificates;

/// <summary>A certificate that an external CA still owes.</summary>
/// <param name="Id">The certificate's id.</param>
/// <param name="CsrPem">The PKCS#10 request.</param>
public sealed record SigningRequestView(string Id, string CsrPem);
