using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Grains;

/// <summary>A grain whose reminders raise "key/name.1", "key/name.2" and so on, and may be told to fail.</summary>
[Alias("tests.IReminded")]
public interface IReminded : IGrainWithStringKey
{
    [Alias("Set")]
    Task Set(string name, TimeSpan due, TimeSpan period);

    [Alias("Remove")]
    Task Remove(string name);

    [Alias("RemoveWhatWasSet")]
    Task RemoveWhatWasSet();

    [Alias("Names")]
    Task<string[]> Names();

    [Alias("Has")]
    Task<bool> Has(string name);

    [Alias("End")]
    Task End();
}

public sealed class RemindedGrain(Stage stage) : Grain, IReminded, IRemindable, IDisposable
{
    private IGrainReminder? _set;

    public async Task Set(string name, TimeSpan due, TimeSpan period) => _set = await this.RegisterOrUpdateReminder(name, due, period);

    public async Task Remove(string name)
    {
        if (await this.GetReminder(name) is { } reminder)
            await this.UnregisterReminder(reminder);
    }

    public Task RemoveWhatWasSet() => this.UnregisterReminder(_set!);

    public async Task<string[]> Names() => [.. (await this.GetReminders()).Select(static reminder => reminder.ReminderName).Order()];

    public async Task<bool> Has(string name) => await this.GetReminder(name) is not null;

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        var reminder = $"{this.GetPrimaryKeyString()}/{reminderName}";
        var number = 1;
        while (stage.IsRaised($"{reminder}.{number}"))
            number++;
        stage.Note($"{reminder}.{number} each {status.Period}");
        stage.Raise($"{reminder}.{number}");
        return stage.IsRaised(reminder + " fails") ? throw new InvalidOperationException("not today") : Task.CompletedTask;
    }

    public void Dispose() => stage.Raise("disposed");
}

[Alias("tests.IUnremindable")]
public interface IUnremindable : IGrainWithStringKey
{
    [Alias("Set")]
    Task Set();
}

public sealed class UnremindableGrain : Grain, IUnremindable
{
    public Task Set() => this.RegisterOrUpdateReminder("name", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
}
