using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signing;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Signing;
using Xunit;
using static CodeSigning.Grains.Tests.Certificates.PkiNode;
using static CodeSigning.Grains.Tests.Certificates.Refusals;

namespace CodeSigning.Grains.Tests.Certificates;

public sealed class IssuingTests
{
    [Theory]
    [InlineData("RSA_3072", "RSA_2048", "RSA_3072")]
    [InlineData("EC_P384", "EC_P256", "EC_P521")]
    [InlineData("RSA_2048", "EC_P384", "RSA_4096")]
    public async Task OpenSSL_accepts_the_chain_and_both_CRLs(string root, string issuing, string leaf)
    {
        await using var node = await StartAsync();
        var rootCa = await node.MakeAuthorityAsync(keyAlgorithm: root);
        var issuingCa = await node.MakeAuthorityAsync(rootCa.Id, issuing);
        var certificate = await node.IssueAsync(issuingCa.Id, leaf);

        var (exitCode, output) = await node.VerifyAsync(certificate, rootCa.Id, issuingCa.Id);

        Assert.True(exitCode == 0, output);
        var text = await node.OpenSsl.RunAsync("x509", "-in", "leaf.pem", "-noout", "-text");
        Assert.Matches(@"Key Usage: critical\s+Digital Signature\n", text);
        Assert.Matches(@"Extended Key Usage:\s*\n\s+Code Signing\n", text);
        Assert.Contains($"URI:http://127.0.0.1:8080/api/v1/pki/ca/{issuingCa.Id}/crl", text, StringComparison.Ordinal);
        Assert.Equal(CertificateStatus.Active, certificate.Status);
        Assert.Equal(leaf, certificate.KeyAlgorithm);
    }

    [Fact]
    public async Task OpenSSL_verifies_signatures_of_a_new_certificates_key()
    {
        await using var node = await StartAsync();
        var certificate = await node.IssueAsync((await node.MakeAuthorityAsync()).Id);
        node.OpenSsl.Write("data", "what is signed"u8);
        var digest = SHA256.HashData("what is signed"u8);

        var signature = await node.Get<ISigningKeys>().SignAsync(
            "idn_x", await node.FactsAsync(certificate.Id), SigningAlgorithm.EcdsaSha256, digest, CancellationToken.None);

        node.OpenSsl.Write("signature", signature);
        node.OpenSsl.Write("key.pem", (await node.Certificates.GetPublicKeyAsync(certificate.Id, default)).Content.Span);
        await node.OpenSsl.RunAsync("dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "data");
    }

    [Fact]
    public async Task CA_creation_and_issuance_are_recorded_in_the_ledger()
    {
        await using var node = await StartAsync();
        var ca = await node.MakeAuthorityAsync();
        var certificate = await node.IssueAsync(ca.Id);

        var entries = await node.EntriesAsync();

        Assert.Equal(2, entries.Count);
        Assert.Contains("\"action\":\"ca.create\"", entries[0].Json, StringComparison.Ordinal);
        Assert.Contains($"\"subject\":\"ca/{ca.Id}\"", entries[0].Json, StringComparison.Ordinal);
        Assert.Contains("\"action\":\"certificate.issue\"", entries[1].Json, StringComparison.Ordinal);
        Assert.Contains(certificate.Thumbprint!, entries[1].Json, StringComparison.Ordinal);
        Assert.Equal("usr_admin", entries[1].ActorId);
    }

    [Fact]
    public async Task Signing_read_set_includes_certificate_and_every_CA_above_it()
    {
        await using var node = await StartAsync();
        var root = await node.MakeAuthorityAsync();
        var issuing = await node.MakeAuthorityAsync(root.Id, ttlDays: 100);
        var certificate = await node.IssueAsync(issuing.Id, ttlDays: 365);

        var facts = await node.FactsAsync(certificate.Id);

        Assert.Equal(
            [$"certificate/{certificate.Id}@1", $"ca/{issuing.Id}@1", $"ca/{root.Id}@1"],
            facts.ReadSet.Select(version => version.ToString()));
        Assert.Equal(issuing.NotAfter, facts.NotAfter);
        Assert.True(facts.IsIssued);
        Assert.False(facts.IsRevoked);
    }

    [Fact]
    public async Task Certificate_ends_with_its_issuer_at_the_latest()
    {
        await using var node = await StartAsync();
        var ca = await node.MakeAuthorityAsync(ttlDays: 10);
        Assert.Equal(ca.NotAfter, (await node.IssueAsync(ca.Id, ttlDays: 365)).NotAfter);
        Assert.Equal(ca.NotAfter, (await node.MakeAuthorityAsync(ca.Id, ttlDays: 365)).NotAfter);
    }

    [Fact]
    public async Task Certificate_expires_by_itself()
    {
        await using var node = await StartAsync();
        var certificate = await node.IssueAsync((await node.MakeAuthorityAsync()).Id, ttlDays: 1);
        node.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(CertificateStatus.Expired, (await node.Certificates.GetAsync(Administrator, certificate.Id, default)).Status);
    }

    [Fact]
    public async Task Expired_or_unknown_CA_issues_nothing()
    {
        await using var node = await StartAsync();
        var ca = await node.MakeAuthorityAsync(ttlDays: 1);
        node.Time.Advance(TimeSpan.FromDays(1));
        await RefusesAsync(ErrorCode.CertificateExpired, () => node.IssueAsync(ca.Id));
        await RefusesAsync(ErrorCode.CertificateExpired, () => node.MakeAuthorityAsync(ca.Id));
        await RefusesAsync(ErrorCode.InvalidRequest, () => node.IssueAsync("cas_nowhere"));
        await RefusesAsync(ErrorCode.InvalidRequest, () => node.MakeAuthorityAsync("cas_nowhere"));
    }

    [Fact]
    public async Task Issuing_CA_cannot_issue_another_CA()
    {
        await using var node = await StartAsync();
        var issuing = await node.MakeAuthorityAsync((await node.MakeAuthorityAsync()).Id);
        await RefusesAsync(ErrorCode.WrongState, () => node.MakeAuthorityAsync(issuing.Id));
    }

    [Fact]
    public async Task Ids_of_another_kind_and_unknown_ids_are_not_found()
    {
        await using var node = await StartAsync();
        var ca = await node.MakeAuthorityAsync();
        var certificate = await node.IssueAsync(ca.Id);
        Assert.True(EntityId.Is(IdPrefixes.CertificateAuthority, ca.Id));
        Assert.True(EntityId.Is(IdPrefixes.Certificate, certificate.Id));
        var revoke = new RevokeCertificate(RevocationReason.Unspecified);
        foreach (var id in new[] { ca.Id, EntityId.New(IdPrefixes.Certificate, node.Time), "release" })
        {
            await RefusesAsync(ErrorCode.NotFound, () => node.Certificates.GetAsync(Administrator, id, default));
            await RefusesAsync(ErrorCode.NotFound, () => node.Certificates.RevokeAsync(Administrator, id, revoke, default));
            await RefusesAsync(
                ErrorCode.NotFound, () => node.Certificates.ExportAsync(Administrator, id, CertificateFormat.Pem, default));
            await RefusesAsync(ErrorCode.NotFound, () => node.Certificates.GetPublicKeyAsync(id, default));
        }

        foreach (var id in new[] { certificate.Id, EntityId.New(IdPrefixes.CertificateAuthority, node.Time), "root" })
        {
            await RefusesAsync(ErrorCode.NotFound, () => node.Authorities.GetAsync(Administrator, id, default));
            await RefusesAsync(ErrorCode.NotFound, () => node.Authorities.RevokeAsync(Administrator, id, revoke, default));
            await RefusesAsync(ErrorCode.NotFound, () => node.Authorities.GetRevocationListAsync(id, default));
        }
    }

    [Fact]
    public async Task Only_product_administrators_manage_certificates()
    {
        await using var node = await StartAsync();
        var ca = await node.MakeAuthorityAsync();
        var certificate = await node.IssueAsync(ca.Id);
        var before = await node.EntriesAsync();
        var revoke = new RevokeCertificate(RevocationReason.Unspecified);
        Func<Task>[] calls =
        [
            () => node.Certificates.IssueAsync(Member, new IssueCertificate(ca.Id, "x", "EC_P256", 1), default),
            () => node.Import.ImportAsync(Member, new ImportCertificate(Pkcs12: new byte[] { 1 }), default),
            () => node.Certificates.CreateSigningRequestAsync(Member, new CreateSigningRequest("CN=x", "EC_P256"), default),
            () => node.Certificates.InstallAsync(Member, certificate.Id, new InstallCertificate("x"), default),
            () => node.Certificates.RevokeAsync(Member, certificate.Id, revoke, default),
            () => node.Certificates.GetAsync(Member, certificate.Id, default),
            () => node.Certificates.ExportAsync(Member, certificate.Id, CertificateFormat.Pem, default),
            () => node.Authorities.CreateAsync(Member, new CreateCertificateAuthority("x", "EC_P256", 1), default),
            () => node.Authorities.GetAsync(Member, ca.Id, default),
            () => node.Authorities.RevokeAsync(Member, ca.Id, revoke, default),
        ];
        foreach (var call in calls)
        {
            await RefusesAsync(ErrorCode.Forbidden, call);
        }

        Assert.Equal(before.Count, (await node.EntriesAsync()).Count);
    }

    [Fact]
    public async Task Caller_changed_meanwhile_issues_nothing()
    {
        await using var node = await StartAsync();
        var ca = await node.MakeAuthorityAsync();
        var changed = Administrator with { ReadSet = [new StateVersion("user", "usr_admin", 1)] };

        var refused = await Assert.ThrowsAsync<CommitRefusedException>(() => node.Certificates.IssueAsync(
            changed, new IssueCertificate(ca.Id, "x", "EC_P256", 1), default));

        Assert.Equal(CommitRefusal.Stale, refused.Reason);
        Assert.Single(await node.EntriesAsync());
    }

    [Fact]
    public async Task Retry_with_same_idempotency_key_issues_no_second_certificate()
    {
        await using var node = await StartAsync();
        var ca = await node.MakeAuthorityAsync();
        var retrying = Administrator with { Retry = new IdempotencyKey("POST /certificates", "once", new string('a', 64)) };
        var request = new IssueCertificate(ca.Id, "x", "EC_P256", 1);
        var first = await node.Certificates.IssueAsync(retrying, request, default);

        var refused = await Assert.ThrowsAsync<CommitRefusedException>(
            () => node.Certificates.IssueAsync(retrying, request, default));

        Assert.Equal(CommitRefusal.AlreadyAnswered, refused.Reason);
        var answer = await node.Get<IAnswerStore>().FindAsync("usr_admin", "POST /certificates", "once", default);
        Assert.Contains(first.Id, System.Text.Encoding.UTF8.GetString(answer!.Answer.Span), StringComparison.Ordinal);
    }
}
