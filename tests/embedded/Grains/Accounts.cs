using CodeSigning.Embedded.Tests.Hosting;
using Orleans.Storage;

namespace CodeSigning.Embedded.Tests.Grains;

[GenerateSerializer, Alias("tests.AccountState")]
public sealed class AccountState
{
    [Id(0)]
    public int Balance { get; set; }
}

[GenerateSerializer, Immutable, Alias("tests.AccountView")]
public sealed record AccountView(
    [property: Id(0)] int Balance, [property: Id(1)] bool RecordExists, [property: Id(2)] bool HasEtag, [property: Id(3)] Guid Activation);

[Alias("tests.IAccount")]
public interface IAccount : IGrainWithStringKey
{
    [Alias("View")]
    Task<AccountView> View();

    [Alias("Save")]
    Task Save(int balance);

    [Alias("SaveBoth")]
    Task SaveBoth(int balance, int newLimit);

    [Alias("Limit")]
    Task<int> Limit();

    [Alias("Add")]
    Task Add(int amount);

    [Alias("TryToSave")]
    Task<bool> TryToSave(int balance);

    [Alias("SaveInAnother")]
    Task SaveInAnother(string other, int balance);

    [Alias("Clear")]
    Task Clear();

    [Alias("ReadAgain")]
    Task<int> ReadAgain();

    [Alias("End")]
    Task End();
}

[Reentrant]
public sealed class AccountGrain(
    [PersistentState("account", "memory")] IPersistentState<AccountState> account,
    [PersistentState("limit", "memory")] IPersistentState<AccountState> limit,
    Stage stage) : Grain, IAccount, IDisposable
{
    private readonly Guid _activation = Guid.NewGuid();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        stage.Note($"activated with {account.State.Balance}");
        return Task.CompletedTask;
    }

    public Task<AccountView> View() =>
        Task.FromResult(new AccountView(account.State.Balance, account.RecordExists, account.Etag is not null, _activation));

    public Task Save(int balance)
    {
        account.State.Balance = balance;
        return account.WriteStateAsync();
    }

    public async Task SaveBoth(int balance, int newLimit)
    {
        (account.State.Balance, limit.State.Balance) = (balance, newLimit);
        await account.WriteStateAsync();
        await limit.WriteStateAsync(CancellationToken.None);
    }

    public Task<int> Limit() => Task.FromResult(limit.State.Balance);

    public Task Add(int amount)
    {
        account.State.Balance += amount;
        return account.WriteStateAsync();
    }

    public async Task<bool> TryToSave(int balance)
    {
        try
        {
            await Save(balance);
            return true;
        }
        catch (InconsistentStateException)
        {
            return false;
        }
    }

    public Task SaveInAnother(string other, int balance) => GrainFactory.GetGrain<IAccount>(other).Save(balance);

    public Task Clear() => account.ClearStateAsync();

    public async Task<int> ReadAgain()
    {
        await account.ReadStateAsync();
        return account.State.Balance;
    }

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public void Dispose() => stage.Raise("disposed");
}
