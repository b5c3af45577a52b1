using CodeSigning.Embedded.Tests.Hosting;

namespace CodeSigning.Embedded.Tests.Grains;

/// <summary>A grain that tells which of its activations answers, and how they begin and end.</summary>
[Alias("tests.ILife")]
public interface ILife : IGrainWithStringKey
{
    [Alias("Activation")]
    Task<Guid> Activation();

    [Alias("End")]
    Task<Guid> End();

    /// <summary>Asks for the end, and then holds the call open until "go".</summary>
    [Alias("EndAndHold")]
    Task<Guid> EndAndHold();

    [Alias("Stay")]
    Task Stay(TimeSpan time);
}

[Alias("tests.ILongLife")]
public interface ILongLife : IGrainWithStringKey
{
    [Alias("Activation")]
    Task<Guid> Activation();
}

public sealed class LifeGrain(Stage stage) : Grain, ILife, IDisposable
{
    private readonly Guid _activation = Guid.NewGuid();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        stage.Note("activating");
        stage.Raise("activating");
        if (stage.IsRaised("activation held"))
            await stage.Until("activation go");
        if (stage.IsRaised("activation fails") && !stage.IsRaised("activation works"))
            throw new InvalidOperationException("not today");
        stage.Note("activated");
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        stage.Note("deactivating: " + reason.ReasonCode);
        stage.Raise("deactivating");
        if (stage.IsRaised("deactivation held"))
            await stage.Until("deactivation go");
        if (stage.IsRaised("deactivation fails"))
            throw new InvalidOperationException("not today");
        stage.Note("deactivated");
        stage.Raise("deactivated");
    }

    public Task<Guid> Activation()
    {
        stage.Note("called");
        return Task.FromResult(_activation);
    }

    public Task<Guid> End()
    {
        DeactivateOnIdle();
        return Task.FromResult(_activation);
    }

    public async Task<Guid> EndAndHold()
    {
        DeactivateOnIdle();
        stage.Raise("entered");
        await stage.Until("go");
        stage.Note("call ended");
        return _activation;
    }

    public Task Stay(TimeSpan time)
    {
        DelayDeactivation(time);
        return Task.CompletedTask;
    }

    public void Dispose() => stage.Raise("disposed");
}

[KeepAlive]
public sealed class LongLifeGrain : Grain, ILongLife
{
    private readonly Guid _activation = Guid.NewGuid();

    public Task<Guid> Activation() => Task.FromResult(_activation);
}
