namespace Orleans.Runtime;

/// <summary>One activation of a grain: the part of Orleans' interface that grains and call filters use.</summary>
public interface IGrainContext
{
    /// <summary>The grain this is an activation of.</summary>
    GrainId GrainId { get; }

    /// <summary>The grain object; null until it is built.</summary>
    object? GrainInstance { get; }

    /// <summary>The services of this activation, disposed with it.</summary>
    IServiceProvider ActivationServices { get; }

    /// <summary>Ends when this activation has ended.</summary>
    Task Deactivated { get; }

    /// <summary>Begins deactivation: running calls end first, waiting calls go to the next activation. Returns at once.</summary>
    void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default);

    /// <summary>The object attached under <paramref name="componentType"/>, or null.</summary>
    object? GetComponent(Type componentType);

    /// <summary>Attaches an object to the activation, or removes it with null.</summary>
    void SetComponent<TComponent>(TComponent? value)
        where TComponent : class;
}

/// <summary>Typed access to an activation's components.</summary>
public static class GrainContextComponentExtensions
{
    /// <summary>The attached <typeparamref name="TComponent"/>, or null.</summary>
    public static TComponent? GetComponent<TComponent>(this IGrainContext context)
        where TComponent : class =>
        (TComponent?)context.GetComponent(typeof(TComponent));
}
