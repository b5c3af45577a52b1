using CodeSigning.Silo.Pki;

namespace CodeSigning.Silo.Tests.Pki;

/// <summary>A root and an issuing CA below it.</summary>
public sealed record TestAuthority(
    CertificateDetails Root, CertificateDetails Issuing, CertificateAuthority RootAuthority, CertificateAuthority IssuingAuthority)
{
    public CertificateDetails IssueLeaf(ReadOnlyMemory<byte> publicKey, string commonName = "Example Signer") =>
        IssuingAuthority.IssueCodeSigning(publicKey, commonName, TimeSpan.FromDays(365), AuthorityFixture.IssuingCrl);
}
