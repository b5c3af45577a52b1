using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Grains;

/// <summary>A grain with one timer, whose ticks raise "tick.1.entered", wait for "tick.1.go" if "ticks held", and raise "tick.1.left".</summary>
[Alias("tests.ITicker")]
public interface ITicker : IGrainWithStringKey
{
    [Alias("Begin")]
    Task Begin(TimeSpan due, TimeSpan period, bool interleave);

    [Alias("Change")]
    Task Change(TimeSpan due, TimeSpan period);

    [Alias("Cease")]
    Task Cease();

    [Alias("Hold")]
    Task Hold(string call);

    [AlwaysInterleave, Alias("Pass")]
    Task Pass();

    [Alias("End")]
    Task End();
}

public sealed class TickerGrain(Stage stage) : Grain, ITicker
{
    private IGrainTimer? _timer;
    private int _ticks;

    public Task Begin(TimeSpan due, TimeSpan period, bool interleave)
    {
        _timer = this.RegisterGrainTimer(Tick, new GrainTimerCreationOptions(due, period) { Interleave = interleave });
        return Task.CompletedTask;
    }

    public Task Change(TimeSpan due, TimeSpan period)
    {
        _timer!.Change(due, period);
        return Task.CompletedTask;
    }

    public Task Cease()
    {
        _timer!.Dispose();
        return Task.CompletedTask;
    }

    public async Task Hold(string call)
    {
        stage.Raise(call + ".entered");
        await stage.Until(call + ".go");
    }

    public Task Pass() => Task.CompletedTask;

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        stage.Raise("deactivated");
        return Task.CompletedTask;
    }

    private async Task Tick(CancellationToken cancellationToken)
    {
        var tick = $"tick.{++_ticks}";
        cancellationToken.Register(() => stage.Raise("cancelled"));
        stage.Note(tick);
        stage.Raise(tick + ".entered");
        if (stage.IsRaised("ticks held"))
            await stage.Until(tick + ".go");
        stage.Raise(tick + ".left");
        if (stage.IsRaised("ticks fail"))
            throw new InvalidOperationException("not today");
    }
}
