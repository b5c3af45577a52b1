using CodeSigning.Certificates;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using Xunit;
using static CodeSigning.Grains.Tests.Certificates.PkiNode;
using static CodeSigning.Grains.Tests.Certificates.Refusals;

namespace CodeSigning.Grains.Tests.Certificates;

public sealed class RevocationTests
{
    [Fact]
    public async Task Revoked_certificate_is_on_the_CRL_and_OpenSSL_refuses_it()
    {
        await using var node = await StartAsync();
        var root = await node.MakeAuthorityAsync();
        var issuing = await node.MakeAuthorityAsync(root.Id);
        var (kept, revoked) = (await node.IssueAsync(issuing.Id), await node.IssueAsync(issuing.Id));
        Assert.Contains("No Revoked Certificates", await node.RevocationListAsync(issuing.Id), StringComparison.Ordinal);

        var view = await node.RevokeAsync(revoked.Id);

        Assert.Equal(CertificateStatus.Revoked, view.Status);
        Assert.Equal(RevocationReason.KeyCompromise, view.RevocationReason);
        var list = await node.RevocationListAsync(issuing.Id);
        Assert.Contains(revoked.SerialNumber!, list, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Key Compromise", list, StringComparison.Ordinal);
        Assert.DoesNotContain(kept.SerialNumber!, list, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, (await node.VerifyAsync(kept, root.Id, issuing.Id)).ExitCode);
        var (exitCode, output) = await node.VerifyAsync(revoked, root.Id, issuing.Id);
        Assert.NotEqual(0, exitCode);
        Assert.Contains("certificate revoked", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revocation_makes_read_sets_with_the_certificate_stale()
    {
        await using var node = await StartAsync();
        var certificate = await node.IssueAsync((await node.MakeAuthorityAsync()).Id);
        var before = await node.FactsAsync(certificate.Id);

        await node.RevokeAsync(certificate.Id);

        var stale = await node.Get<IStateStore>().FindStaleAsync(before.ReadSet, default);
        Assert.Equal([new StateVersion(StateTypes.Certificate, certificate.Id, 2)], stale);
        Assert.True((await node.FactsAsync(certificate.Id)).IsRevoked);
    }

    [Fact]
    public async Task New_CRL_with_another_certificate_makes_no_decision_stale()
    {
        await using var node = await StartAsync();
        var ca = await node.MakeAuthorityAsync();
        var (kept, revoked) = (await node.IssueAsync(ca.Id), await node.IssueAsync(ca.Id));
        var before = await node.FactsAsync(kept.Id);

        await node.RevokeAsync(revoked.Id);
        await node.RevocationListAsync(ca.Id);

        Assert.Empty(await node.Get<IStateStore>().FindStaleAsync(before.ReadSet, default));
    }

    [Fact]
    public async Task Revoked_issuing_CA_revokes_its_certificates_and_is_on_CRL()
    {
        await using var node = await StartAsync();
        var root = await node.MakeAuthorityAsync();
        var issuing = await node.MakeAuthorityAsync(root.Id);
        var certificate = await node.IssueAsync(issuing.Id);
        var before = await node.FactsAsync(certificate.Id);

        var view = await node.Authorities.RevokeAsync(
            Administrator, issuing.Id, new RevokeCertificate(RevocationReason.CaCompromise), default);

        Assert.Equal(node.Now, view.RevokedAt);
        Assert.Contains(issuing.SerialNumber, await node.RevocationListAsync(root.Id), StringComparison.OrdinalIgnoreCase);
        Assert.NotEqual(0, (await node.VerifyAsync(certificate, root.Id, issuing.Id)).ExitCode);
        Assert.Equal(CertificateStatus.Revoked, (await node.Certificates.GetAsync(Administrator, certificate.Id, default)).Status);
        Assert.True((await node.FactsAsync(certificate.Id)).IsRevoked);
        Assert.NotEmpty(await node.Get<IStateStore>().FindStaleAsync(before.ReadSet, default));
        await RefusesAsync(ErrorCode.CertificateRevoked, () => node.IssueAsync(issuing.Id));
        var page = await node.Get<CertificateCatalog>().ListCertificatesAsync(Administrator, issuing.Id, null, 10, default);
        Assert.Equal(CertificateStatus.Revoked, page.Items.Single().Status);
    }

    [Fact]
    public async Task Nothing_is_revoked_twice()
    {
        await using var node = await StartAsync();
        var ca = await node.MakeAuthorityAsync();
        var certificate = await node.IssueAsync(ca.Id);
        await node.RevokeAsync(certificate.Id);
        await RefusesAsync(ErrorCode.WrongState, () => node.RevokeAsync(certificate.Id));
        var revoke = new RevokeCertificate(RevocationReason.Superseded);
        await node.Authorities.RevokeAsync(Administrator, ca.Id, revoke, default);
        await RefusesAsync(ErrorCode.WrongState, () => node.Authorities.RevokeAsync(Administrator, ca.Id, revoke, default));
        Assert.Equal(
            ["ca.create", "certificate.issue", "certificate.revoke", "ca.revoke"],
            (await node.EntriesAsync()).Select(entry => entry.Json.Split("\"action\":\"")[1].Split('"')[0]));
    }

    [Fact]
    public async Task CRL_is_cached_for_half_its_life_and_renumbered_upwards()
    {
        await using var node = await StartAsync();
        var ca = await node.MakeAuthorityAsync();
        var first = await node.Authorities.GetRevocationListAsync(ca.Id, default);
        node.Time.Advance(TimeSpan.FromDays(3));
        Assert.Equal(first.Content.ToArray(), (await node.Authorities.GetRevocationListAsync(ca.Id, default)).Content.ToArray());

        node.Time.Advance(TimeSpan.FromDays(1));

        var second = await node.Authorities.GetRevocationListAsync(ca.Id, default);
        Assert.True(await NumberAsync(node, second) > await NumberAsync(node, first));
        Assert.Equal("application/pkix-crl", second.ContentType);
    }

    [Fact]
    public async Task Certificates_of_one_CA_can_be_revoked_concurrently()
    {
        await using var node = await StartAsync();
        var ca = await node.MakeAuthorityAsync();
        var certificates = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => node.IssueAsync(ca.Id)));

        await Task.WhenAll(certificates.Select(certificate => node.RevokeAsync(certificate.Id)));

        var list = await node.RevocationListAsync(ca.Id);
        Assert.All(certificates, one => Assert.Contains(one.SerialNumber!, list, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Issuance_racing_with_its_CAs_revocation_never_follows_it()
    {
        await using var node = await StartAsync();
        var ca = await node.MakeAuthorityAsync();
        var issuing = Enumerable.Range(0, 24).Select(_ => Record.ExceptionAsync(() => node.IssueAsync(ca.Id))).ToArray();
        await Task.WhenAny(issuing);

        await node.Authorities.RevokeAsync(Administrator, ca.Id, new RevokeCertificate(RevocationReason.CaCompromise), default);

        var faults = (await Task.WhenAll(issuing)).Where(fault => fault is not null).ToArray();
        Assert.All(faults, fault => Assert.Equal(ErrorCode.CertificateRevoked, Assert.IsType<RefusedException>(fault).Code));
        var entries = await node.EntriesAsync();
        Assert.Equal(26 - faults.Length, entries.Count);
        Assert.Contains("\"action\":\"ca.revoke\"", entries[^1].Json, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tampered_row_that_would_leave_the_CRL_is_detected()
    {
        await using var node = await StartAsync();
        var ca = await node.MakeAuthorityAsync();
        var certificate = await node.IssueAsync(ca.Id);
        await node.RevokeAsync(certificate.Id);
        var file = node.Get<IOptions<StorageOptions>>().Value.SqliteFile;
        await using (var connection = new SqliteConnection($"Data Source={file};Pooling=false"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "UPDATE states SET status = 'active' WHERE type = 'certificate'";
            Assert.Equal(1, await command.ExecuteNonQueryAsync());
        }

        await Assert.ThrowsAsync<StateTamperedException>(() => node.Authorities.GetRevocationListAsync(ca.Id, default));
    }

    private static async Task<long> NumberAsync(PkiNode node, CertificateFile crl)
    {
        node.OpenSsl.Write("list.crl", crl.Content.Span);
        var text = await node.OpenSsl.RunAsync("crl", "-inform", "DER", "-in", "list.crl", "-noout", "-crlnumber");
        return Convert.ToInt64(text.Split("0x")[1].Trim(), 16);
    }
}
