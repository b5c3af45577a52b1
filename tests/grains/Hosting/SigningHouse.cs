using System.Text.Json;
using CodeSigning.Approvals;
using CodeSigning.Certificates;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.Signing;
using CodeSigning.Grains.States;
using CodeSigning.Grants;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Policies;
using CodeSigning.Signers;
using CodeSigning.Signing;
using CodeSigning.Silo.Notifications;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Grains.Tests.Hosting;

/// <summary>
/// The product under a clock that the test moves, and a few words for what people do in it.
/// </summary>
internal sealed class SigningHouse : IAsyncDisposable
{
    private const int Attempts = 3;
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(5);
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly IHouseGround _ground;
    private int _names;

    private SigningHouse(IHouseGround ground) => _ground = ground;

    public ManualTimeProvider Time => _ground.Time;

    /// <summary>What signers are made on.</summary>
    public string CertificateId { get; private set; } = "";

    /// <summary>A product administrator, who makes the signers.</summary>
    public PrincipalRef Owner { get; private set; } = null!;

    public DateTimeOffset Now => Time.GetUtcNow();

    public IGrainFactory Grains => Get<IGrainFactory>();

    public IdentityService Machines => Get<IdentityService>();

    public GroupService Groups => Get<GroupService>();

    public PolicyService Policies => Get<PolicyService>();

    public SignerDirectory Signers => Get<SignerDirectory>();

    public SignerWithdrawals Withdrawals => Get<SignerWithdrawals>();

    public RequestDirectory Requests => Get<RequestDirectory>();

    public GrantService Grants => Get<GrantService>();

    public IStateStore States => Get<IStateStore>();

    /// <summary>The way in for every write, past grains and services: what another node would do.</summary>
    public ILedger Writer => Get<ILedger>();

    public NotificationFeed Notifications => Get<NotificationFeed>();

    public ILedgerReader Ledger => Get<ILedgerReader>();

    /// <summary>Opens one on a silo.</summary>
    /// <param name="change">What shall be otherwise than in production.</param>
    public static async Task<SigningHouse> OpenAsync(Action<IServiceCollection>? change = null) =>
        await OpenAsync(await SiloGround.StartAsync(change ?? (_ => { })));

    /// <summary>Opens one.</summary>
    public static async Task<SigningHouse> OpenAsync(IHouseGround ground)
    {
        var house = new SigningHouse(ground);
        house.CertificateId = await house.AddCertificateAsync();
        await house.FoundAsync();
        house.Owner = await house.AddPersonAsync("owner", ProductRole.Admin);
        return house;
    }

    /// <summary>One whose reminders never come: what they make prompt must be true without them.</summary>
    public static Task<SigningHouse> OpenWithoutRemindersAsync() => OpenAsync(services =>
        services.AddKeyedSingleton<TimeProvider>(
            Orleans.Reminders.ReminderTimeProviderNames.Reminders, new CreepingTimeProvider(new ManualTimeProvider())));

    /// <summary>The same house as another silo serves it, for people who act and make nothing new.</summary>
    public SigningHouse Beside(IHouseGround ground) => new(ground) { CertificateId = CertificateId, Owner = Owner };

    public T Get<T>()
        where T : notnull =>
        _ground.Services.GetRequiredService<T>();

    /// <summary>Stops the silo and starts another on the same store.</summary>
    public Task RestartAsync() => _ground.RestartAsync();

    /// <summary>As if the first administrator had been there, unless another house of the same store has done so.</summary>
    private async Task FoundAsync()
    {
        var none = StateJson.Write(new AdministratorsState());
        var founding = new StateWrite(StateTypes.Administrators, "product", 0, none, StateIndex.None);
        await Writer.CommitAsync(new LedgerElement { Writes = [founding] }, None);
    }

    public async Task<PrincipalRef> AddPersonAsync(string name, ProductRole role = ProductRole.Member)
    {
        var request = new CreateUser($"{Unique(name)}@example.com", name, ProductRole: role);
        var user = await Get<UserService>().CreateAsync(Caller.System, request, None);
        return new PrincipalRef(PrincipalKind.User, user.Id);
    }

    public Task SetActiveAsync(PrincipalRef principal, bool active)
    {
        var status = active ? PrincipalStatus.Active : PrincipalStatus.Disabled;
        return principal.Kind == PrincipalKind.User
            ? Get<UserService>().UpdateAsync(Caller.System, principal.Id, new UpdateUser(Status: status), None)
            : Machines.UpdateAsync(Caller.System, principal.Id, new UpdateIdentity(Status: status), None);
    }

    public async Task<PrincipalRef> AddMachineAsync(string name)
    {
        var identity = await Machines.CreateAsync(Caller.System, new CreateIdentity(Unique(name)), None);
        return new PrincipalRef(PrincipalKind.Identity, identity.Id);
    }

    public async Task<PrincipalRef> AddGroupAsync(string name, params IEnumerable<PrincipalRef> members)
    {
        var view = await Groups.CreateAsync(Caller.System, new CreateGroup(Unique(name)), None);
        var group = new PrincipalRef(PrincipalKind.Group, view.Id);
        foreach (var member in members)
        {
            await JoinAsync(group, member);
        }

        return group;
    }

    public async Task<string> AddCertificateAsync()
    {
        var authority = await Get<CertificateAuthorityService>().CreateAsync(
            Caller.System, new CreateCertificateAuthority(Unique("ca"), "EC_P256", 3650), None);
        var certificate = await Get<CertificateService>().IssueAsync(
            Caller.System, new IssueCertificate(authority.Id, "Example", "EC_P256", 365), None);
        return certificate.Id;
    }

    public async Task<string> AddSignerAsync(string? policyId, PrincipalRef administrator, params IEnumerable<PrincipalRef> operators)
    {
        var id = EntityId.New(IdPrefixes.Signer, Time);
        var request = new CreateSigner(
            Unique("signer"),
            CertificateId: CertificateId,
            ApprovalPolicyId: policyId,
            Members:
            [
                new NewMember(administrator.Kind, administrator.Id, SignerRole.Administrator),
                .. operators.Select(one => new NewMember(one.Kind, one.Id, SignerRole.Operator)),
            ]);
        await DoAsync(Owner, caller => Grains.GetGrain<ISignerGrain>(id).CreateAsync(caller, request, None));
        return id;
    }

    public Task<SignerView> UpdateSignerAsync(PrincipalRef who, string signerId, UpdateSigner change) =>
        DoAsync(who, caller => Grains.GetGrain<ISignerGrain>(signerId).UpdateAsync(caller, change, None));

    public Task<SignerView> SetPolicyAsync(PrincipalRef who, string signerId, string? policyId) =>
        UpdateSignerAsync(who, signerId, new UpdateSigner { ApprovalPolicyId = new OptionalText(true, policyId) });

    public Task<SignerView> SignerAsync(string signerId) => Signers.GetAsync(Caller.System, signerId, None);

    public Task<PolicyView> PolicyAsync(string policyId) => Policies.GetAsync(Caller.System, policyId, None);

    public Task<PolicyView> ReplacePolicyAsync(PrincipalRef who, string policyId, PolicyDefinition definition) =>
        DoAsync(who, caller => Policies.ReplaceAsync(caller, policyId, definition, None));

    public Task JoinAsync(PrincipalRef group, PrincipalRef member) =>
        Groups.AddMemberAsync(Caller.System, group.Id, member, [], None);

    public Task LeaveAsync(PrincipalRef group, PrincipalRef member) =>
        Groups.RemoveMemberAsync(Caller.System, group.Id, member.Id, None);

    public async Task<string> AddPolicyAsync(PolicyDefinition definition) =>
        (await Policies.CreateAsync(Caller.System, definition with { Name = Unique(definition.Name) }, None)).Id;

    public Task<RequestView> AskAsync(PrincipalRef who, string signerId, CreateRequest request, IdempotencyKey? retry = null)
    {
        var id = EntityId.New(IdPrefixes.ApprovalRequest, Time);
        return DoAsync(who, caller => Grains.GetGrain<IApprovalRequestGrain>(id).CreateSigningAsync(
            caller with { Retry = retry }, signerId, request, None));
    }

    public Task<RequestView> ApproveAsync(PrincipalRef who, string requestId) =>
        DoAsync(who, caller => Request(requestId).ApproveAsync(caller, new CastVote(), None));

    public Task<RequestView> RejectAsync(PrincipalRef who, string requestId) =>
        DoAsync(who, caller => Request(requestId).RejectAsync(caller, new CastVote("no"), None));

    public Task<RequestView> CancelAsync(PrincipalRef who, string requestId) =>
        DoAsync(who, caller => Request(requestId).CancelAsync(caller, None));

    public Task<RequestView> LookAsync(PrincipalRef who, string requestId) =>
        DoAsync(who, caller => Requests.GetAsync(caller, requestId, None));

    public Task<GrantView> GrantAsync(PrincipalRef who, string grantId) =>
        DoAsync(who, caller => Grants.GetAsync(caller, grantId, None));

    public Task<GrantView> PreApproveAsync(PrincipalRef who, string signerId, PreApprove request) =>
        DoAsync(who, caller => Grants.PreApproveAsync(caller, signerId, request, None));

    public Task<GrantView> RevokeAsync(PrincipalRef who, string grantId, string reason = "no more") =>
        DoAsync(who, caller => Grants.RevokeAsync(caller, grantId, new RevokeGrant(reason), None));

    public Task<StopReport> StopAsync(PrincipalRef who, string signerId) =>
        DoAsync(who, caller => Get<EmergencyStop>().StopAsync(caller, signerId, new StopSigner("stolen"), None));

    public Task<SignerView> EnableAsync(PrincipalRef who, string signerId) =>
        DoAsync(who, caller => Grains.GetGrain<ISignerGrain>(signerId).EnableAsync(caller, None));

    public Task<SignReply> SignAsync(PrincipalRef who, string signerId) => DoAsync(who, caller =>
        Get<SigningWorker>().SignAsync(
            new SignCommand(caller, signerId, SigningAlgorithm.EcdsaSha256, IsDigest: true, new byte[32], null), None));

    /// <summary>
    /// Asks as the gateway does: as a caller who was authenticated just now, and again where what the decision rested on
    /// has changed meanwhile, or the grain was being collected: a test's clock makes hours pass between two calls.
    /// </summary>
    public async Task<T> DoAsync<T>(PrincipalRef who, Func<Caller, Task<T>> ask)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ask(await AuthenticateAsync(who));
            }
            catch (Exception exception) when (attempt < Attempts && UndecidedCall.Is(exception))
            {
                // Again with fresh facts.
            }
        }
    }

    public async Task<Caller> AuthenticateAsync(PrincipalRef who)
    {
        var type = who.Kind == PrincipalKind.User ? StateTypes.User : StateTypes.Identity;
        var stored = await States.ReadAsync(type, who.Id, None);
        var (role, status) = who.Kind == PrincipalKind.User
            ? (stored!.ReadAs<UserState>().Role, stored!.ReadAs<UserState>().Status)
            : (ProductRole.Member, stored!.ReadAs<IdentityState>().Status);
        if (status != PrincipalStatus.Active)
        {
            throw new RefusedException(ErrorCode.Unauthenticated, "Disabled.");
        }

        return new Caller(who.Kind, who.Id, who.Id, role, [stored!.ToVersion()], null, "127.0.0.1", null);
    }

    /// <summary>The actions of the administrative entries about something, oldest first.</summary>
    public async Task<IReadOnlyList<string>> ActionsAsync(string? subject = null)
    {
        var entries = await Ledger.ListAsync(new LedgerQuery(EntryKind.Admin, Limit: 1000), None);
        return
        [
            .. entries
                .Select(entry => JsonDocument.Parse(entry.Json).RootElement)
                .Where(entry => subject is null || entry.GetProperty("subject").GetString() == subject)
                .OrderBy(entry => entry.GetProperty("at").GetString(), StringComparer.Ordinal)
                .ThenBy(entry => entry.GetProperty("number").GetInt64())
                .Select(entry => entry.GetProperty("action").GetString()!),
        ];
    }

    /// <summary>Waits for what a reminder does in its own time, which goes on meanwhile.</summary>
    public async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await holds())
        {
            await Task.Delay(10, limit.Token);
            Time.Advance(Pace);
        }
    }

    public ValueTask DisposeAsync() => _ground.DisposeAsync();

    private IApprovalRequestGrain Request(string id) => Grains.GetGrain<IApprovalRequestGrain>(id);

    private string Unique(string name) => $"{name}-{Interlocked.Increment(ref _names)}";
}
