using CodeSigning.Embedded.Engine;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace Orleans;

/// <summary>What the runtime needs of a grain class. <see cref="Grain"/> is the usual way to have it.</summary>
public interface IGrainBase
{
    /// <summary>The activation this instance belongs to.</summary>
    IGrainContext GrainContext { get; }

    /// <summary>Called once, with state loaded, before the first call. If it throws, the calls that wait fail with its exception.</summary>
    Task OnActivateAsync(CancellationToken token) => Task.CompletedTask;

    /// <summary>Called once no call runs any more. Not called if the process dies: nothing may depend on it.</summary>
    Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token) => Task.CompletedTask;
}

/// <summary>The base class of every grain.</summary>
public abstract class Grain : IGrainBase, IAddressable
{
    /// <summary>Runs inside the activation that the runtime is building.</summary>
    protected Grain()
        : this(Activation.Current ?? throw new InvalidOperationException("Grains are created by the runtime: ask IGrainFactory for a reference."))
    {
    }

    /// <summary>For tests that build a grain without a runtime.</summary>
    protected Grain(IGrainContext grainContext) => GrainContext = grainContext;

    /// <inheritdoc/>
    public IGrainContext GrainContext { get; }

    /// <summary>Type and key, for messages and logs.</summary>
    public string IdentityString => GrainContext.GrainId.ToString();

    /// <summary>Gives references to other grains.</summary>
    protected IGrainFactory GrainFactory => GrainContext is Activation activation
        ? activation.Runtime
        : ServiceProvider.GetRequiredService<IGrainFactory>();

    /// <summary>The services of this activation.</summary>
    protected internal IServiceProvider ServiceProvider => GrainContext.ActivationServices;

    /// <inheritdoc/>
    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Deactivates this activation when the calls it runs have ended. The next call finds a new activation.</summary>
    protected void DeactivateOnIdle() => GrainBaseExtensions.DeactivateOnIdle(this);

    /// <summary>
    /// Keeps idle collection away for at least <paramref name="timeSpan"/>; zero returns to the ordinary age;
    /// <see cref="Timeout.InfiniteTimeSpan"/> keeps it away for good.
    /// </summary>
    protected void DelayDeactivation(TimeSpan timeSpan) => ((Activation)GrainContext).DelayDeactivation(timeSpan);
}
