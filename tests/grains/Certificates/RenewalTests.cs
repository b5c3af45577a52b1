using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using Xunit;

namespace CodeSigning.Grains.Tests.Certificates;

/// <summary>Certificates that an internal CA renews before they expire.</summary>
public sealed class RenewalTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(RenewalKey.Fresh)]
    [InlineData(RenewalKey.Same)]
    public async Task Due_certificate_is_renewed_and_its_signers_rebound(RenewalKey key)
    {
        await using var node = await PkiNode.StartAsync();
        var ca = await node.MakeAuthorityAsync();
        var certificate = await node.IssueAsync(ca.Id, ttlDays: 100);
        await BindAsync(node, certificate.Id);
        await SetAsync(node, certificate.Id, 30, key);

        Assert.Empty(await RenewAsync(node));
        node.Time.Sleep(TimeSpan.FromDays(71));
        var (id, successorId) = Assert.Single(await RenewAsync(node));

        var (before, after) = (await ReadAsync(node, certificate.Id), await ReadAsync(node, successorId));
        Assert.Equal((certificate.Id, successorId), (id, before.RenewedBy));
        Assert.Equal(key == RenewalKey.Same, after.KeyId == before.KeyId);
        Assert.Equal(key == RenewalKey.Same, after.PublicKey.Span.SequenceEqual(before.PublicKey.Span));
        Assert.Equal(before.Subject, after.Subject);
        Assert.True(after.Issued!.NotAfter > node.Now.AddDays(99));
        Assert.Equal(successorId, (await ReadSignerAsync(node)).CertificateId);
        Assert.Empty(await RenewAsync(node));
        node.Time.Sleep(TimeSpan.FromDays(71));
        Assert.Equal(successorId, Assert.Single(await RenewAsync(node)).Id);
    }

    [Fact]
    public async Task Certificate_of_a_revoked_CA_is_not_renewed()
    {
        await using var node = await PkiNode.StartAsync();
        var ca = await node.MakeAuthorityAsync();
        var certificate = await node.IssueAsync(ca.Id, ttlDays: 100);
        await SetAsync(node, certificate.Id, 30, RenewalKey.Fresh);
        await node.Authorities.RevokeAsync(PkiNode.Administrator, ca.Id, new RevokeCertificate(RevocationReason.Superseded), None);
        node.Time.Sleep(TimeSpan.FromDays(71));
        List<string> refused = [];

        Assert.Empty(await node.Get<CertificateRenewal>().RenewDueAsync((id, reason) => refused.Add(id + reason), None));

        Assert.Contains("is revoked", Assert.Single(refused), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Renewal_longer_than_the_certificate_is_refused()
    {
        await using var node = await PkiNode.StartAsync();
        var certificate = await node.IssueAsync((await node.MakeAuthorityAsync()).Id, ttlDays: 20);

        var refused = await Assert.ThrowsAsync<RefusedException>(() => SetAsync(node, certificate.Id, 40, RenewalKey.Fresh));

        Assert.Equal(ErrorCode.InvalidRequest, refused.Code);
    }

    [Fact]
    public async Task Renewal_that_a_public_signer_cannot_have_is_refused()
    {
        await using var node = await PkiNode.StartAsync();
        var certificate = await node.IssueAsync((await node.MakeAuthorityAsync()).Id, ttlDays: 1000);
        await BindAsync(node, certificate.Id, isPublic: true);
        await SetAsync(node, certificate.Id, 30, RenewalKey.Fresh);
        node.Time.Sleep(TimeSpan.FromDays(971));
        List<string> refused = [];

        Assert.Empty(await node.Get<CertificateRenewal>().RenewDueAsync((_, reason) => refused.Add(reason), None));

        Assert.StartsWith(
            "The signer 'release' is public, and the renewed certificate is not fit for it: the key is in software", Assert.Single(refused), StringComparison.Ordinal);
        Assert.Equal(certificate.Id, (await ReadSignerAsync(node)).CertificateId);
    }

    private static Task<CertificateView> SetAsync(PkiNode node, string id, int days, RenewalKey key) =>
        node.Get<CertificateRenewal>().SetAsync(PkiNode.Administrator, id, new SetRenewal(days, key), None);

    private static Task<IReadOnlyList<(string Id, string SuccessorId)>> RenewAsync(PkiNode node) =>
        node.Get<CertificateRenewal>().RenewDueAsync((id, reason) => Assert.Fail(id + reason), None);

    private static async Task<CertificateState> ReadAsync(PkiNode node, string id) =>
        (await node.Get<IStateStore>().FindAsync<CertificateState>(StateTypes.Certificate, id, None))!.State;

    private static async Task<SignerState> ReadSignerAsync(PkiNode node) =>
        (await node.Get<IStateStore>().FindAsync<SignerState>(StateTypes.Signer, "sgn_1", None))!.State;

    private static async Task BindAsync(PkiNode node, string certificateId, bool isPublic = false)
    {
        SignerState signer = new() { Id = "sgn_1", Name = "release", CertificateId = certificateId, IsPublic = isPublic };
        await node.Get<ILedger>().CommitAsync(
            new LedgerElement { Writes = [StateWrite.New(StateTypes.Signer, signer.Id, signer)] }, None);
    }
}
