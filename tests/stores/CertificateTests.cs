using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CodeSigning.Stores.Tests;

[Collection(SharedStores.Name)]
public sealed class CertificateTests(OpenStores stores)
{
    private const string CodeSigning = "1.3.6.1.5.5.7.3.3";

    [Theory]
    [MemberData(nameof(Fixture.All), MemberType = typeof(Fixture))]
    public async Task Certificate_awaited_since_the_old_release_is_installed_and_signs(string commit, string database)
    {
        var store = await stores.GetAsync(commit, database);
        var administrator = await store.AsAsync("administrator");
        var id = store.Fixture.Text("awaiting", "id");
        var (certificatePem, chainPem) = Certify(store.Fixture.Text("awaiting", "csrPem"));

        (await administrator.PutAsync($"/api/v1/pki/certificates/{id}/certificate", new { certificatePem, chainPem })).Succeeded();
        (await administrator.PostAsync("/api/v1/pki/signers", new { name = "awaited", certificateId = id })).Succeeded();

        await administrator.SignAndVerifyAsync("awaited");
    }

    [Theory]
    [MemberData(nameof(Fixture.All), MemberType = typeof(Fixture))]
    public async Task Old_CA_issues_certificates_and_revokes_them(string commit, string database)
    {
        var store = await stores.GetAsync(commit, database);
        var administrator = await store.AsAsync("administrator");
        var authorities = (await administrator.GetAsync("/api/v1/pki/ca")).Json["items"]!.AsArray();
        var caId = authorities.Single(ca => (string)ca!["commonName"]! == "Stores Issuing")!["id"]!.GetValue<string>();

        var id = (await administrator.PostAsync(
            "/api/v1/pki/certificates", new { caId, commonName = "Later", keyAlgorithm = "EC_P256", ttlDays = 30 })).Text("id");
        (await administrator.PostAsync("/api/v1/pki/signers", new { name = "later", certificateId = id })).Succeeded();
        await administrator.SignAndVerifyAsync("later");
        (await administrator.PostAsync($"/api/v1/pki/certificates/{id}/revoke", new { reason = "superseded" })).Succeeded();

        (await administrator.SignAsync("later", Digests.New())).Refused("CertificateRevoked");
        (await administrator.GetAsync($"/api/v1/pki/ca/{caId}/crl")).Succeeded();
    }

    private static (string CertificatePem, string ChainPem) Certify(string csr)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=Another External CA", key, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        authority.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        authority.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(authority.PublicKey, false));
        var now = DateTimeOffset.UtcNow;
        using var issuer = authority.CreateSelfSigned(now.AddDays(-1), now.AddDays(60));

        var asked = CertificateRequest.LoadSigningRequestPem(csr, HashAlgorithmName.SHA256);
        var leaf = new CertificateRequest(asked.SubjectName, asked.PublicKey, HashAlgorithmName.SHA256);
        leaf.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        leaf.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        leaf.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(CodeSigning)], false));
        using var certificate = leaf.Create(issuer, now.AddHours(-1), now.AddDays(30), [1, 2, 3, 4, 5, 6, 7, 8]);
        return (certificate.ExportCertificatePem(), issuer.ExportCertificatePem());
    }
}
