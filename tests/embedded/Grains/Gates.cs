using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Grains;

/// <summary>
/// A grain whose calls a test holds open: a call "a" raises "a.entered", goes on after "a.go", and raises "a.left".
/// </summary>
[Alias("tests.IGate")]
public interface IGate : IGrainWithStringKey
{
    [Alias("Hold")]
    Task Hold(string call);

    [ReadOnly, Alias("Look")]
    Task Look(string call);

    [AlwaysInterleave, Alias("Pass")]
    Task Pass(string call);

    [ResponseTimeout("00:00:01"), Alias("HoldBriefly")]
    Task HoldBriefly(string call);

    [OneWay, Alias("HoldUnawaited")]
    Task HoldUnawaited(string call);
}

[Alias("tests.IPlainGate")]
public interface IPlainGate : IGate
{
    [Alias("HoldMyself")]
    Task HoldMyself(string call);

    [Alias("HoldAnother")]
    Task HoldAnother(IPlainGate another, string call);
}

[Alias("tests.IReentrantGate")]
public interface IReentrantGate : IGate
{
    [Alias("HoldThroughMyself")]
    Task HoldThroughMyself(string call);
}

[Alias("tests.IWorkerGate")]
public interface IWorkerGate : IGate;

[Alias("tests.IReentrantWorkerGate")]
public interface IReentrantWorkerGate : IGate;

public abstract class GateGrain(Stage stage) : Grain, IGate
{
    private bool _isInside;

    public override Task OnActivateAsync(CancellationToken cancellationToken) =>
        stage.IsRaised("activation held") ? stage.Until("activation go") : Task.CompletedTask;

    public virtual Task Hold(string call) => Visit(call);

    public Task Look(string call) => Visit(call);

    public Task Pass(string call) => Visit(call);

    public Task HoldBriefly(string call) => Visit(call);

    public Task HoldUnawaited(string call) => Visit(call);

    private async Task Visit(string call)
    {
        Enter(call + ".entered");
        await stage.Until(call + ".go");
        Enter(call + ".left");
    }

    // Whatever interleaves, two pieces of a grain's code never run at once.
    private void Enter(string signal)
    {
        if (_isInside)
            stage.Note("collision");
        _isInside = true;
        Thread.Yield();
        stage.Note(signal);
        _isInside = false;
        stage.Raise(signal);
    }
}

public sealed class PlainGateGrain(Stage stage) : GateGrain(stage), IPlainGate
{
    public Task HoldMyself(string call) => this.AsReference<IPlainGate>().Hold(call);

    public Task HoldAnother(IPlainGate another, string call) => another.Hold(call);
}

[Reentrant]
public sealed class ReentrantGateGrain(Stage stage) : GateGrain(stage), IReentrantGate
{
    public Task HoldThroughMyself(string call) => this.AsReference<IReentrantGate>().Hold(call);
}

[StatelessWorker(2)]
public sealed class WorkerGateGrain(Stage stage) : GateGrain(stage), IWorkerGate;

[Reentrant, StatelessWorker(2)]
public sealed class ReentrantWorkerGateGrain(Stage stage) : GateGrain(stage), IReentrantWorkerGate;
