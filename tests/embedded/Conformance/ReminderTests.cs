using CodeSigning.Embedded.Tests.Grains;
using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Conformance;

public sealed class ReminderTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_reminder_comes_when_it_is_due_and_then_each_period()
    {
        await using var host = await RunningHost.Start();
        await host.Grains.GetGrain<IReminded>("one").Set("tea", 3 * Minute, 2 * Minute);
        var set = host.Time.GetUtcNow();

        await Reaches(host, "one/tea.1");
        Assert.True(host.Time.GetUtcNow() - set >= 3 * Minute);
        await Reaches(host, "one/tea.2");
        Assert.True(host.Time.GetUtcNow() - set >= 5 * Minute);

        Assert.Contains("one/tea.1 each 00:02:00", host.Stage.Log);
    }

    [Fact]
    public async Task A_reminder_outlives_its_activation()
    {
        await using var host = await RunningHost.Start();
        var grain = host.Grains.GetGrain<IReminded>("one");
        await grain.Set("tea", Minute, Minute);
        await grain.End();
        await host.Stage.Until("disposed");

        await Reaches(host, "one/tea.1");
    }

    [Fact]
    public async Task A_reminder_outlives_the_host()
    {
        var settings = new HostSettings();
        await using (var host = await RunningHost.Start(settings))
            await host.Grains.GetGrain<IReminded>("one").Set("tea", 2 * Minute, Minute);

        await using var next = await RunningHost.Start(settings);

        await Reaches(next, "one/tea.1");
    }

    [Fact]
    public async Task A_removed_reminder_comes_no_more()
    {
        await using var host = await RunningHost.Start();
        var grain = host.Grains.GetGrain<IReminded>("one");
        await grain.Set("tea", Minute, Minute);
        await grain.Set("coffee", Minute, Minute);
        await Reaches(host, "one/tea.1");

        await grain.Remove("tea");
        var ticks = TicksOf(host, "one/tea");
        await Reaches(host, "one/coffee.4");

        Assert.Equal(ticks, TicksOf(host, "one/tea"));
        Assert.False(await grain.Has("tea"));
    }

    [Fact]
    public async Task What_registering_gave_removes_the_reminder_after_it_has_come()
    {
        await using var host = await RunningHost.Start();
        var grain = host.Grains.GetGrain<IReminded>("one");
        await grain.Set("tea", Minute, Minute);
        await Reaches(host, "one/tea.1");

        await grain.RemoveWhatWasSet();

        Assert.False(await grain.Has("tea"));
    }

    [Fact]
    public async Task Setting_a_reminder_again_replaces_it()
    {
        await using var host = await RunningHost.Start();
        var grain = host.Grains.GetGrain<IReminded>("one");
        await grain.Set("tea", 100 * Minute, Minute);
        await grain.Set("tea", Minute, 7 * Minute);

        await Reaches(host, "one/tea.1");

        Assert.Contains("one/tea.1 each 00:07:00", host.Stage.Log);
        Assert.Equal(["tea"], await grain.Names());
    }

    [Fact]
    public async Task A_grain_lists_its_own_reminders()
    {
        await using var host = await RunningHost.Start();
        var grain = host.Grains.GetGrain<IReminded>("one");
        await grain.Set("tea", Minute, Minute);
        await grain.Set("coffee", Minute, Minute);
        await host.Grains.GetGrain<IReminded>("two").Set("water", Minute, Minute);

        Assert.Equal(["coffee", "tea"], await grain.Names());
    }

    [Fact]
    public async Task A_reminder_that_fails_comes_again()
    {
        await using var host = await RunningHost.Start();
        host.Stage.Raise("one/tea fails");
        await host.Grains.GetGrain<IReminded>("one").Set("tea", Minute, Minute);

        await Reaches(host, "one/tea.2");
    }

    [Fact]
    public async Task A_period_below_a_minute_is_refused()
    {
        await using var host = await RunningHost.Start();
        var grain = host.Grains.GetGrain<IReminded>("one");

        await Assert.ThrowsAsync<ArgumentException>(() => grain.Set("tea", Minute, TimeSpan.FromSeconds(59)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => grain.Set("tea", -Minute, Minute));
    }

    [Fact]
    public async Task Only_a_remindable_grain_has_reminders()
    {
        await using var host = await RunningHost.Start();

        await Assert.ThrowsAsync<InvalidOperationException>(() => host.Grains.GetGrain<IUnremindable>("one").Set());
    }

    private static Task Reaches(RunningHost host, string signal) =>
        host.Time.AdvanceUntil(() => host.Stage.IsRaised(signal), TimeSpan.FromSeconds(20), 30 * Minute);

    private static int TicksOf(RunningHost host, string reminder) =>
        host.Stage.Log.Count(note => note.StartsWith(reminder, StringComparison.Ordinal));
}
