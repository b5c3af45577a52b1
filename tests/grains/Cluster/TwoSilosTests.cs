using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signing;
using CodeSigning.Grains.States;
using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Grants;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Policies;
using CodeSigning.Signers;
using CodeSigning.Signing;
using Xunit;

namespace CodeSigning.Grains.Tests.Cluster;

/// <summary>What one silo is asked for, while the home of the grains concerned is the other one.</summary>
public sealed class TwoSilosTests(TwoSilos silos) : IClassFixture<TwoSilos>, IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly CreateRequest Asked = new("release 1.2");

    private SigningHouse Home => silos.Home;

    private SigningHouse Afar => silos.Afar;

    private PrincipalRef Administrator { get; set; } = null!;

    private PrincipalRef Ann { get; set; } = null!;

    private PrincipalRef Rae { get; set; } = null!;

    private string PolicyId { get; set; } = "";

    public async Task InitializeAsync()
    {
        silos.PlaceAtHome();
        Administrator = await Home.AddPersonAsync("administrator", ProductRole.Admin);
        Ann = await Home.AddPersonAsync("ann");
        Rae = await Home.AddPersonAsync("rae");
        PolicyId = await Home.AddPolicyAsync(
            new PolicyDefinition("policy", new PolicyConstraints("4h", 10), [new ApprovalStep([Ann], 1)]));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Signer_is_changed_through_a_silo_without_its_home()
    {
        silos.PlaceAtHome();
        var signerId = await Home.AddSignerAsync(null, Administrator, Rae);
        Assert.True(await silos.IsAtHomeAsync(Home.Grains.GetGrain<ISignerGrain>(signerId)));
        var description = new OptionalText(true, "from afar");
        await Afar.UpdateSignerAsync(Administrator, signerId, new UpdateSigner { Description = description });
        Assert.Equal("from afar", (await Home.SignerAsync(signerId)).Description);
        await Afar.DoAsync(Administrator, caller => Afar.Withdrawals.DisableAsync(caller, signerId, None));
        Assert.Equal(SignerStatus.Disabled, (await Home.SignerAsync(signerId)).Status);
        await DeniesAsync(ErrorCode.SignerDisabled, Home, signerId);
        await Afar.EnableAsync(Administrator, signerId);
        await SignsAsync(Home, signerId);
    }

    [Fact]
    public async Task Signature_is_made_through_each_silo()
    {
        var signerId = await Home.AddSignerAsync(null, Administrator, Rae);
        Assert.Null(await SignsAsync(Home, signerId));
        Assert.Null(await SignsAsync(Afar, signerId));
        var entries = await Home.Ledger.ListAsync(new LedgerQuery(EntryKind.Sign, SignerId: signerId), None);
        Assert.Equal(2, entries.Select(entry => entry.Stream).Distinct().Count());
    }

    [Fact]
    public async Task Signer_disabled_through_one_silo_is_denied_through_both()
    {
        var signerId = await Home.AddSignerAsync(null, Administrator, Rae);
        foreach (var (here, there) in new[] { (Home, Afar), (Afar, Home) })
        {
            await SignsAsync(there, signerId);
            await here.DoAsync(Administrator, caller => here.Withdrawals.DisableAsync(caller, signerId, None));
            await DeniesAsync(ErrorCode.SignerDisabled, there, signerId);
            await here.EnableAsync(Administrator, signerId);
        }
    }

    [Fact]
    public async Task Grant_of_ten_gives_ten_through_both_silos()
    {
        var (signerId, grantId) = await GrantAsync();
        var replies = await Task.WhenAll(Enumerable.Range(0, 40)
            .Select(number => Task.Run(() => (number % 2 == 0 ? Home : Afar).SignAsync(Rae, signerId))));
        var made = replies.OfType<SignReply.SignatureMade>().ToArray();
        Assert.Equal(10, made.Length);
        Assert.All(made, reply => Assert.Equal(grantId, reply.Result.GrantId));
        Assert.All(replies.OfType<SignReply.NotSigned>(), reply => Assert.Equal(ErrorCode.GrantExhausted, reply.Code));
        Assert.Equal(40 - 10, replies.OfType<SignReply.NotSigned>().Count());
        Assert.Equal((GrantStatus.Exhausted, 10), ((await Afar.GrantAsync(Rae, grantId)).Status, (await Home.GrantAsync(Rae, grantId)).Used));
    }

    [Fact]
    public async Task Grant_revoked_through_one_silo_is_denied_through_both()
    {
        var (signerId, grantId) = await GrantAsync();
        Assert.Equal(grantId, await SignsAsync(Home, signerId));
        Assert.Equal(grantId, await SignsAsync(Afar, signerId));
        await Afar.RevokeAsync(Administrator, grantId);
        await DeniesAsync(ErrorCode.GrantRevoked, Home, signerId);
        await DeniesAsync(ErrorCode.GrantRevoked, Afar, signerId);
    }

    [Fact]
    public async Task Concurrent_votes_through_both_silos_count_once_each()
    {
        var bob = await Home.AddPersonAsync("bob");
        var policyId = await Home.AddPolicyAsync(
            new PolicyDefinition("two", new PolicyConstraints("4h", 10), [new ApprovalStep([Ann, bob], 2)]));
        var signerId = await Home.AddSignerAsync(policyId, Administrator, Rae);
        for (var round = 0; round < 10; round++)
        {
            var request = await Afar.AskAsync(Rae, signerId, Asked);
            await Task.WhenAll(Home.ApproveAsync(Ann, request.Id), Afar.ApproveAsync(bob, request.Id));
            Assert.Equal(
                ["request.create", "request.vote", "request.approve"], await Home.ActionsAsync("request/" + request.Id));
        }
    }

    [Fact]
    public async Task Grain_calls_carry_every_message_between_silos()
    {
        silos.PlaceAtHome();
        var signer = Afar.Grains.GetGrain<ISignerGrain>(EntityId.New(IdPrefixes.Signer, Afar.Time));
        await CallSignerAsync(signer, signer.GetPrimaryKeyString());
        await CallRequestsAsync(signer.GetPrimaryKeyString());
        await CallGrantAsync();
        Type[] contracts = [typeof(ISignerGrain), typeof(IApprovalRequestGrain), typeof(IGrantGrain)];
        Assert.Empty(contracts
            .SelectMany(contract => contract.GetMethods().Select(method => SiloCalls.NameOf(contract, method.Name)))
            .Except(silos.CallsFromAfar));
    }

    [Fact]
    public async Task Refusal_crosses_silos_unchanged()
    {
        silos.PlaceAtHome();
        var signerId = await Home.AddSignerAsync(null, Administrator, Rae);
        var signer = Afar.Grains.GetGrain<ISignerGrain>(signerId);
        Assert.True(await silos.IsAtHomeAsync(signer));
        var caller = await Afar.AuthenticateAsync(Administrator);
        var there = await Assert.ThrowsAsync<RefusedException>(() => signer.UpdateAsync(caller, new UpdateSigner("No Name"), None));
        var here = await Assert.ThrowsAsync<RefusedException>(
            () => Home.Grains.GetGrain<ISignerGrain>(signerId).UpdateAsync(caller, new UpdateSigner("No Name"), None));
        Assert.Equal(ErrorCode.InvalidRequest, there.Code);
        Assert.Equal((here.Code, here.Message, here.RetryAfter), (there.Code, there.Message, there.RetryAfter));
        Assert.Equal(here.Members, there.Members);

        await Home.DoAsync(Administrator, administrator => Home.Withdrawals.DisableAsync(administrator, signerId, None));
        var changed = caller with { ReadSet = [new StateVersion(StateTypes.User, Administrator.Id, 99)] };
        var stale = await Assert.ThrowsAsync<CommitRefusedException>(() => signer.EnableAsync(changed, None));
        Assert.Equal(CommitRefusal.Stale, stale.Reason);
    }

    private async Task CallSignerAsync(ISignerGrain signer, string signerId)
    {
        var caller = await Afar.AuthenticateAsync(Administrator);
        var create = new CreateSigner(
            "afar-" + signerId[^8..],
            "described",
            Afar.CertificateId,
            PolicyId,
            [new NewMember(Rae.Kind, Rae.Id, SignerRole.Operator)]);
        var created = await signer.CreateAsync(caller, create, None);
        Assert.True(await silos.IsAtHomeAsync(signer));
        Assert.Equal(await Home.SignerAsync(signerId), created);
        var member = await signer.AddMemberAsync(caller, new NewMember(Ann.Kind, Ann.Id, SignerRole.Auditor), None);
        Assert.Equal((Ann.Id, SignerRole.Auditor), (member.Id, member.Role));
        member = await signer.ChangeMemberAsync(caller, member.MemberId, new ChangeMember(SignerRole.Operator), None);
        Assert.Equal(SignerRole.Operator, member.Role);
        var updated = await signer.UpdateAsync(caller, new UpdateSigner { Description = new OptionalText(true, null) }, None);
        Assert.Equal((null, PolicyId), (updated.Description, updated.ApprovalPolicyId));
        Assert.Equal(SignerStatus.Active, (await signer.EnableAsync(caller, None)).Status);
    }

    private async Task CallRequestsAsync(string signerId)
    {
        var scope = new GrantScope(Tools: ["signtool"]);
        var asked = new CreateRequest("release", 2, Afar.Now, Afar.Now.AddHours(1), null, scope);
        var approved = await AskAsync(asked);
        Assert.Equal((2L, asked.WindowEnd), (approved.View.RequestedSignings, approved.View.WindowEnd));
        Assert.Equal(scope.Tools!.Value.AsEnumerable(), approved.View.Scope!.Tools!.Value);
        await approved.Request.RemindOfExpiryAsync(approved.View.ExpiresAt, None);
        await approved.Request.ReviewAsync(None);
        var view = await approved.Request.ApproveAsync(await Afar.AuthenticateAsync(Ann), new CastVote("good"), None);
        Assert.Equal((RequestStatus.Approved, "good"), (view.Status, view.Steps[0].Votes[0].Comment));
        Assert.NotNull(view.GrantId);

        var rejected = await AskAsync(Asked);
        view = await rejected.Request.RejectAsync(await Afar.AuthenticateAsync(Ann), new CastVote("bad"), None);
        Assert.Equal(RequestStatus.Rejected, view.Status);
        var cancelled = await AskAsync(Asked);
        view = await cancelled.Request.CancelAsync(await Afar.AuthenticateAsync(Rae), None);
        Assert.Equal(RequestStatus.Cancelled, view.Status);

        async Task<(IApprovalRequestGrain Request, RequestView View)> AskAsync(CreateRequest request)
        {
            var grain = Afar.Grains.GetGrain<IApprovalRequestGrain>(EntityId.New(IdPrefixes.ApprovalRequest, Afar.Time));
            var opened = await grain.CreateSigningAsync(await Afar.AuthenticateAsync(Rae), signerId, request, None);
            Assert.True(await silos.IsAtHomeAsync(grain));
            Assert.Equal(RequestStatus.Pending, opened.Status);
            return (grain, opened);
        }
    }

    private async Task CallGrantAsync()
    {
        var (_, grantId) = await GrantAsync(signings: 1);
        var grant = Afar.Grains.GetGrain<IGrantGrain>(grantId);
        var thumbprint = (await Afar.GrantAsync(Rae, grantId)).CertificateThumbprint;
        var question = new SigningQuestion(SigningAlgorithm.EcdsaSha256, new string('0', 64), "127.0.0.1", "build-1", "signtool", Afar.Now);
        Task<GrantOffer> ReserveAsync(PrincipalRef grantee) =>
            grant.ReserveAsync(grantee, thumbprint, question, new GrantKnowledge(1, 0), None);

        var declined = Assert.IsType<GrantOffer.Declined>(await ReserveAsync(Ann));
        Assert.Equal((ErrorCode.Forbidden, grantId, 1), (declined.Code, declined.Version.Id, declined.Version.Version));
        var reserved = Assert.IsType<GrantOffer.Reserved>(await ReserveAsync(Rae));
        Assert.True(await silos.IsAtHomeAsync(grant));

        // The only use is reserved: whoever comes next waits until it is settled.
        var next = ReserveAsync(Rae);
        await grant.SettleAsync(new GrantSettlement(reserved.Reservation, null, IsStale: true));
        Assert.IsType<GrantOffer.Reserved>(await next);
    }

    private async Task<(string SignerId, string GrantId)> GrantAsync(long? signings = null)
    {
        var signerId = await Home.AddSignerAsync(PolicyId, Administrator, Rae);
        var request = await Afar.AskAsync(Rae, signerId, Asked with { RequestedSignings = signings });
        return (signerId, (await Home.ApproveAsync(Ann, request.Id)).GrantId!);
    }

    private async Task<string?> SignsAsync(SigningHouse through, string signerId) =>
        Assert.IsType<SignReply.SignatureMade>(await through.SignAsync(Rae, signerId)).Result.GrantId;

    private async Task DeniesAsync(ErrorCode code, SigningHouse through, string signerId) =>
        Assert.Equal(code, Assert.IsType<SignReply.NotSigned>(await through.SignAsync(Rae, signerId)).Code);
}
