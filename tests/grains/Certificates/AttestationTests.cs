using System.Text;
using System.Text.Json;
using CodeSigning.Certificates;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using Xunit;
using static CodeSigning.Grains.Tests.Certificates.PkiNode;
using static CodeSigning.Grains.Tests.Certificates.Refusals;

namespace CodeSigning.Grains.Tests.Certificates;

/// <summary>What the tools of a token attest of the keys in it.</summary>
public sealed class AttestationTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private PkiNode _node = null!;
    private string _certificate = "";

    public async Task InitializeAsync()
    {
        _node = await StartAsync();
        _certificate = (await _node.IssueAsync((await _node.MakeAuthorityAsync()).Id, ttlDays: 100)).Id;
        await ChangeAsync(state => state with { Custody = "release-hsm" });
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task File_is_kept_byte_for_byte_with_who_and_when()
    {
        byte[] content = [0, 255, 13, 10, .. "-----BEGIN X-----\r\n "u8];

        var attached = await AttachAsync(new AttachAttestation("yubihsm.bin", "application/octet-stream", content));

        var shown = Assert.Single((await _node.Certificates.GetAsync(Administrator, _certificate, None)).Attestations!.Value);
        Assert.Equal(attached, shown);
        Assert.Equal((_node.Now, "usr_admin", "Ada"), (shown.AttachedAt, shown.AttachedBy.Id, shown.AttachedBy.Name));
        var file = await Attestations.ReadAsync(Administrator, _certificate, attached.Id, None);
        Assert.Equal((content.Length, "application/octet-stream", "yubihsm.bin"), (attached.Length, file.ContentType, file.FileName));
        Assert.Equal(content, file.Content.ToArray());
    }

    [Fact]
    public async Task Ledger_has_the_digest_and_not_the_file()
    {
        var attached = await AttachAsync(TextOf("never extractable"));

        var entry = (await _node.EntriesAsync())[^1].Json;
        var root = JsonDocument.Parse(entry).RootElement;
        Assert.Equal("certificate.attest", root.GetProperty("action").GetString());
        Assert.Contains(attached.Sha256, root.GetProperty("changes").GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("never extractable", Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(root)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_file_is_added_and_the_same_one_refused()
    {
        var first = await AttachAsync(TextOf("one"));
        var second = await AttachAsync(TextOf("two"));

        var sentence = await RefusesAsync(ErrorCode.Conflict, () => AttachAsync(TextOf("one") with { FileName = "other.txt" }));

        Assert.Equal($"The same file is attached already, as {first.Id}.", sentence);
        var shown = (await _node.Certificates.GetAsync(Administrator, _certificate, None)).Attestations!.Value;
        Assert.Equal([first.Id, second.Id], shown.Select(attestation => attestation.Id));
    }

    [Fact]
    public async Task Seventeenth_attestation_is_refused()
    {
        for (var number = 0; number < CertificateAttestations.MostAttestations; number++)
        {
            await AttachAsync(TextOf($"{number}"));
        }

        await RefusesAsync(ErrorCode.WrongState, () => AttachAsync(TextOf("one more")));
    }

    [Fact]
    public async Task Key_in_software_has_no_attestation()
    {
        await ChangeAsync(state => state with { Custody = null });

        await RefusesAsync(ErrorCode.WrongState, () => AttachAsync(TextOf("one")));
    }

    [Theory]
    [InlineData("", "text/plain", 1, "fileName")]
    [InlineData("../one.txt", "text/plain", 1, "fileName")]
    [InlineData("one\n.txt", "text/plain", 1, "fileName")]
    [InlineData("one.html", "text/html", 1, "mediaType")]
    [InlineData("one.svg", "image/svg+xml", 1, "mediaType")]
    [InlineData("one.txt", "text/plain", 0, "content")]
    [InlineData("one.txt", "text/plain", 65537, "content")]
    public async Task Invalid_field_is_refused_by_its_name(string fileName, string mediaType, int length, string field)
    {
        var sentence = await RefusesAsync(ErrorCode.InvalidRequest, () => AttachAsync(new AttachAttestation(fileName, mediaType, new byte[length])));

        Assert.StartsWith($"The field '{field}' is invalid: expected ", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_product_administrators_attach_and_read()
    {
        var attached = await AttachAsync(TextOf("one"));

        await RefusesAsync(ErrorCode.Forbidden, () => Attestations.AttachAsync(Member, _certificate, TextOf("two"), None));
        await RefusesAsync(ErrorCode.Forbidden, () => Attestations.ReadAsync(Member, _certificate, attached.Id, None));
    }

    [Fact]
    public async Task Attestation_of_another_certificate_is_not_found()
    {
        var attached = await AttachAsync(TextOf("one"));
        var other = await _node.IssueAsync((await _node.MakeAuthorityAsync()).Id);

        await RefusesAsync(ErrorCode.NotFound, () => Attestations.ReadAsync(Administrator, other.Id, attached.Id, None));
    }

    [Fact]
    public async Task Renewal_with_the_same_key_keeps_its_attestations()
    {
        var attached = await AttachAsync(TextOf("one"));
        await _node.Get<CertificateRenewal>().SetAsync(Administrator, _certificate, new SetRenewal(30, RenewalKey.Same), None);
        _node.Time.Sleep(TimeSpan.FromDays(71));

        var (_, successor) = Assert.Single(await _node.Get<CertificateRenewal>().RenewDueAsync((id, reason) => Assert.Fail(id + reason), None));

        Assert.Equal("one"u8.ToArray(), (await Attestations.ReadAsync(Administrator, successor, attached.Id, None)).Content.ToArray());
    }

    private static AttachAttestation TextOf(string text) => new("attestation.txt", "text/plain", Encoding.ASCII.GetBytes(text));

    private CertificateAttestations Attestations => _node.Get<CertificateAttestations>();

    private Task<AttestationView> AttachAsync(AttachAttestation request) => Attestations.AttachAsync(Administrator, _certificate, request, None);

    private async Task ChangeAsync(Func<CertificateState, CertificateState> change)
    {
        var row = await _node.Get<IStateStore>().FindAsync<CertificateState>(StateTypes.Certificate, _certificate, None);
        await _node.Get<ILedger>().CommitAsync(new LedgerElement { Writes = [row!.Replace(change(row.State))] }, None);
    }
}
