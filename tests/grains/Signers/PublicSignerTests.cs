using System.Text.Json;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signing;
using CodeSigning.Grains.States;
using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Signers;
using Xunit;

namespace CodeSigning.Grains.Tests.Signers;

/// <summary>Signers for publicly trusted code signing.</summary>
public sealed class PublicSignerTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private SigningHouse _house = null!;

    public async Task InitializeAsync() => _house = await SigningHouse.OpenAsync();

    public async Task DisposeAsync() => await _house.DisposeAsync();

    [Fact]
    public async Task Conforming_certificate_in_an_HSM_is_taken_and_signs()
    {
        await MoveToHsmAsync(_house.CertificateId);

        var signer = await CreateAsync(new CreateSigner("release", CertificateId: _house.CertificateId, Public: true));

        Assert.True(signer.Public);
        Assert.IsType<SignReply.SignatureMade>(await _house.SignAsync(_house.Owner, signer.Id));
    }

    [Fact]
    public async Task Key_in_software_is_refused_at_creation()
    {
        var refused = await RefusedAsync(() => CreateAsync(new CreateSigner("release", CertificateId: _house.CertificateId, Public: true)));

        Assert.StartsWith("The field 'certificateId' is invalid for a public signer: the key is in software", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["keyNotInHardware"], CodesOf(refused));
    }

    [Fact]
    public async Task Issued_certificate_is_refused_with_all_its_findings()
    {
        var ca = await FindCaAsync();

        var refused = await RefusedAsync(() => CreateAsync(new CreateSigner(
            "release", CaId: ca, KeyAlgorithm: "RSA_2048", CertificateTtlDays: 1000, Public: true)));

        Assert.StartsWith("The field 'custody' is invalid", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["keyNotInHardware", "rsaKeyTooShort", "validityTooLong"], CodesOf(refused));
    }

    [Fact]
    public async Task Private_signer_takes_the_same_certificate()
    {
        var signer = await CreateAsync(new CreateSigner(
            "release", CaId: await FindCaAsync(), KeyAlgorithm: "RSA_2048", CertificateTtlDays: 1000));

        var view = await _house.Get<CertificateService>().GetAsync(Caller.System, signer.CertificateId, None);
        Assert.False(signer.Public);
        Assert.Equal(
            [ProfileRule.KeyNotInHardware, ProfileRule.RsaKeyTooShort, ProfileRule.ValidityTooLong],
            view.ProfileFindings!.Value.Where(finding => finding.Severity == FindingSeverity.Error).Select(finding => finding.Code));
    }

    [Fact]
    public async Task Signer_becomes_public_only_with_a_fit_certificate()
    {
        var signer = await CreateAsync(new CreateSigner("release", CertificateId: _house.CertificateId));

        var refused = await RefusedAsync(() => MakeAsync(signer.Id, isPublic: true));
        await MoveToHsmAsync(_house.CertificateId);
        Assert.True((await MakeAsync(signer.Id, isPublic: true)).Public);
        Assert.False((await MakeAsync(signer.Id, isPublic: false)).Public);

        Assert.StartsWith("The field 'public' is invalid with the signer's certificate: the key is in software", refused.Message, StringComparison.Ordinal);
        Assert.Equal(2, (await _house.ActionsAsync("signer/" + signer.Id)).Count(action => action == "signer.update"));
        Assert.Equal(["""{"public":{"from":null,"to":true}}""", """{"public":{"from":true,"to":null}}"""], (await ChangesAsync()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Other_certificate_of_a_public_signer_must_be_fit()
    {
        await MoveToHsmAsync(_house.CertificateId);
        var signer = await CreateAsync(new CreateSigner("release", CertificateId: _house.CertificateId, Public: true));
        var other = await _house.AddCertificateAsync();

        var refused = await RefusedAsync(() => _house.UpdateSignerAsync(_house.Owner, signer.Id, new UpdateSigner(CertificateId: other)));
        await MoveToHsmAsync(other);
        var bound = await _house.UpdateSignerAsync(_house.Owner, signer.Id, new UpdateSigner(CertificateId: other));

        Assert.StartsWith("The field 'certificateId' is invalid", refused.Message, StringComparison.Ordinal);
        Assert.Equal(other, bound.CertificateId);
    }

    [Fact]
    public async Task Signers_own_administrator_cannot_change_it()
    {
        var administrator = await _house.AddPersonAsync("administrator");
        var signer = await _house.AddSignerAsync(null, administrator);

        var refused = await Assert.ThrowsAsync<RefusedException>(() => _house.UpdateSignerAsync(administrator, signer, new UpdateSigner { Public = true }));

        Assert.Equal(ErrorCode.Forbidden, refused.Code);
    }

    [Fact]
    public async Task Restored_public_signer_with_an_unfit_certificate_signs_nothing()
    {
        await MoveToHsmAsync(_house.CertificateId);
        var signer = await CreateAsync(new CreateSigner("release", CertificateId: _house.CertificateId, Public: true));
        Assert.IsType<SignReply.SignatureMade>(await _house.SignAsync(_house.Owner, signer.Id));

        await ChangeAsync(_house.CertificateId, state => state with { Custody = null });

        var denied = Assert.IsType<SignReply.NotSigned>(await _house.SignAsync(_house.Owner, signer.Id));
        Assert.Equal(ErrorCode.ProfileViolated, denied.Code);
        await MakeAsync(signer.Id, isPublic: false);
        Assert.IsType<SignReply.SignatureMade>(await _house.SignAsync(_house.Owner, signer.Id));
    }

    private static string[] CodesOf(RefusedException refused) =>
        [.. JsonDocument.Parse(refused.Members["profileFindings"]).RootElement.EnumerateArray().Select(finding => finding.GetProperty("code").GetString()!)];

    private static async Task<RefusedException> RefusedAsync(Func<Task> act)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(act);
        Assert.Equal(ErrorCode.ProfileViolated, refused.Code);
        return refused;
    }

    private Task<SignerView> CreateAsync(CreateSigner request) => _house.DoAsync(
        _house.Owner,
        caller => _house.Grains.GetGrain<ISignerGrain>(EntityId.New(IdPrefixes.Signer, _house.Time)).CreateAsync(caller, request, None));

    private Task<SignerView> MakeAsync(string signerId, bool isPublic) =>
        _house.UpdateSignerAsync(_house.Owner, signerId, new UpdateSigner { Public = isPublic });

    private Task MoveToHsmAsync(string certificateId) => ChangeAsync(certificateId, state => state with { Custody = "release-hsm" });

    private async Task ChangeAsync(string certificateId, Func<CertificateState, CertificateState> change)
    {
        var row = await _house.States.FindAsync<CertificateState>(StateTypes.Certificate, certificateId, None);
        await _house.Writer.CommitAsync(new LedgerElement { Writes = [row!.Replace(change(row.State))] }, None);
    }

    private async Task<string> FindCaAsync() =>
        (await _house.Get<CertificateService>().GetAsync(Caller.System, _house.CertificateId, None)).CaId!;

    private async Task<IEnumerable<string>> ChangesAsync()
    {
        var entries = await _house.Ledger.ListAsync(new LedgerQuery(EntryKind.Admin, Limit: 100), None);
        return entries.Select(entry => JsonDocument.Parse(entry.Json).RootElement)
            .Where(entry => entry.GetProperty("action").GetString() == "signer.update")
            .Select(entry => entry.GetProperty("changes").GetRawText());
    }
}
