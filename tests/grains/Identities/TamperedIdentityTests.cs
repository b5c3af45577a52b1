using CodeSigning.Errors;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

/// <summary>Somebody with the database alone hides, removes or puts back rows: nobody gets a right by that.</summary>
public sealed class TamperedIdentityTests : IdentitySuite
{
    [Fact]
    public async Task Maker_of_a_hidden_secret_is_still_its_maker()
    {
        var identity = await CreateIdentityAsync("ci");
        var secret = await CreateSecretAsync(identity.Id);
        var stored = await ReadAsync(StateTypes.ClientSecret, secret.Id);
        await CommitAsync(new StateWrite(stored.Type, stored.Id, stored.Version, stored.Content, new StateIndex(Parent: "idn_other")));
        var makers = await Principals.FindMakersAsync(new PrincipalRef(PrincipalKind.Identity, identity.Id), default);
        Assert.Equal(Administrator.Id, Assert.Single(makers!.UserIds));
    }

    [Fact]
    public async Task Restored_revoked_secret_cannot_log_in()
    {
        var identity = await CreateIdentityAsync("ci");
        var secret = await CreateSecretAsync(identity.Id);
        var stored = await ReadAsync(StateTypes.ClientSecret, secret.Id);
        await Machines.RevokeClientSecretAsync(Administrator, identity.Id, secret.Id, default);
        await CommitAsync(new StateWrite(stored.Type, stored.Id, 0, stored.Content, stored.ReadAs<ClientSecretState>().ToIndex()));
        var refusal = await Assert.ThrowsAsync<RefusedException>(() => LogInAsync(secret));
        Assert.Equal(ErrorCode.Unauthenticated, refusal.Code);
    }

    [Fact]
    public async Task Store_that_lost_its_administrators_creates_no_new_one()
    {
        var stored = await ReadAsync(StateTypes.Administrators, "product");
        await CommitAsync(new StateWrite(stored.Type, stored.Id, stored.Version, null, StateIndex.None));
        await Assert.ThrowsAsync<StateTamperedException>(() => Node.Get<FirstAdministrator>().EnsureAsync(default));
        await Assert.ThrowsAsync<StateTamperedException>(() => CreateUserAsync("eve@example.com", ProductRole.Admin));
    }

    [Fact]
    public async Task Identity_of_an_earlier_release_learns_its_secrets()
    {
        var identity = await CreateIdentityAsync("ci");
        var secret = await CreateSecretAsync(identity.Id);
        var stored = await ReadAsync(StateTypes.Identity, identity.Id);
        var earlier = stored.ReadAs<IdentityState>() with { Secrets = null };
        await CommitAsync(new StateWrite(stored.Type, stored.Id, stored.Version, StateJson.Write(earlier), earlier.ToIndex()));
        if (await Node.Get<IStateStore>().ReadAsync(StateTypes.Upgrade, "sealed-counts", default) is { } marker)
        {
            await CommitAsync(new StateWrite(marker.Type, marker.Id, marker.Version, null, StateIndex.None));
        }

        await Node.Get<EarlierStates>().UpgradeAsync(default);
        Assert.Equal([secret.Id], (await ReadAsync(StateTypes.Identity, identity.Id)).ReadAs<IdentityState>().Secrets!.Value.Select(one => one.Id));
        await LogInAsync(secret);
    }

    private async Task<StoredState> ReadAsync(string type, string id) =>
        (await Node.Get<IStateStore>().ReadAsync(type, id, CancellationToken.None))!;

    private async Task CommitAsync(StateWrite write) => Assert.IsType<CommitOutcome.Committed>(
        await Node.Get<ILedger>().CommitAsync(new LedgerElement { Writes = [write] }, CancellationToken.None));
}
