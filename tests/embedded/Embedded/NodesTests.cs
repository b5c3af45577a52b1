using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Embedded;

/// <summary>Several hosts over the same stores.</summary>
public sealed class NodesTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_reminder_comes_once_however_many_nodes_there_are()
    {
        var settings = new HostSettings();
        await using var first = await RunningHost.Start(settings);
        await using var second = await RunningHost.Start(settings);
        await using var third = await RunningHost.Start(settings);
        for (var grain = 0; grain < 5; grain++)
            await first.Grains.GetGrain<IReminded>($"grain {grain}").Set("tea", 2 * Minute, 2 * Minute);
        var set = settings.Time.GetUtcNow();

        await settings.Time.AdvanceUntil(() => IsRaisedForAll(settings.Stage, tick: 10), TimeSpan.FromSeconds(20), 60 * Minute);

        var ticks = (int)((settings.Time.GetUtcNow() - set) / (2 * Minute));
        for (var grain = 0; grain < 5; grain++)
            Assert.False(settings.Stage.IsRaised($"grain {grain}/tea.{ticks + 1}"));
    }

    [Fact]
    public async Task A_reminder_that_a_dead_node_had_claimed_comes_when_its_lease_has_passed()
    {
        var settings = new HostSettings();
        GrainId id;
        await using (var dead = await RunningHost.Start(settings))
        {
            var grain = dead.Grains.GetGrain<IReminded>("one");
            id = grain.GetGrainId();
            await grain.Set("tea", Minute, 10 * Minute);
        }

        // What the node writes first when it claims a tick, and never got to replace.
        var row = (await settings.Reminders.ReadRow(id, "tea"))!;
        row.StartAt = settings.Time.GetUtcNow().UtcDateTime + 2 * Minute;
        Assert.NotNull(await settings.Reminders.UpsertRow(row));

        await using var host = await RunningHost.Start(settings);
        await settings.Time.AdvanceUntil(() => host.Stage.IsRaised("one/tea.1"), TimeSpan.FromSeconds(20), 3 * Minute);
    }

    [Fact]
    public async Task A_reminder_that_was_due_while_no_node_ran_comes_at_the_next_start()
    {
        var settings = new HostSettings();
        await using (var host = await RunningHost.Start(settings))
            await host.Grains.GetGrain<IReminded>("one").Set("tea", Minute, 24 * 60 * Minute);
        settings.Time.Advance(60 * Minute);

        await using var next = await RunningHost.Start(settings);

        await next.Stage.Until("one/tea.1");
    }

    [Fact]
    public async Task A_reminder_that_is_set_while_the_table_is_read_is_not_forgotten()
    {
        var settings = new HostSettings();
        var reading = new TaskCompletionSource();
        await using var host = await RunningHost.Start(settings);
        await host.Grains.GetGrain<IReminded>("early").Set("tea", 2 * Minute, 60 * Minute);
        await settings.Time.AdvanceUntil(() => settings.Stage.IsRaised("early/tea.1"), TimeSpan.FromSeconds(20), 5 * Minute);
        settings.Reminders.HoldNextReading(reading.Task);
        await settings.Time.AdvanceUntil(() => settings.Reminders.IsReadingHeld, TimeSpan.FromSeconds(20), 3 * Minute);

        await host.Grains.GetGrain<IReminded>("late").Set("tea", TimeSpan.FromSeconds(10), 60 * Minute);
        reading.SetResult();

        await settings.Time.AdvanceUntil(() => settings.Stage.IsRaised("late/tea.1"), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30));
    }

    private static bool IsRaisedForAll(Stage stage, int tick) =>
        Enumerable.Range(0, 5).All(grain => stage.IsRaised($"grain {grain}/tea.{tick}"));
}
