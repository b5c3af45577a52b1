using System.Reflection;
using Orleans.Runtime;

namespace Orleans;

/// <summary>A call on its way: the part of Orleans' interface that filters use.</summary>
public interface IGrainCallContext
{
    /// <summary>The grain object, or what stands for it.</summary>
    object Grain { get; }

    /// <summary>The calling grain, if the caller is a grain.</summary>
    GrainId? SourceId { get; }

    /// <summary>The grain that is called.</summary>
    GrainId TargetId { get; }

    /// <summary>The interface's full name.</summary>
    string InterfaceName { get; }

    /// <summary>The method's name.</summary>
    string MethodName { get; }

    /// <summary>The interface's method.</summary>
    MethodInfo InterfaceMethod { get; }

    /// <summary>The method's result, once <see cref="Invoke"/> has ended.</summary>
    object? Result { get; set; }

    /// <summary>Goes on to the next filter, and at last to the grain.</summary>
    Task Invoke();
}

/// <summary>A call that arrives at a grain.</summary>
public interface IIncomingGrainCallContext : IGrainCallContext
{
    /// <summary>The activation that is called.</summary>
    IGrainContext TargetContext { get; }

    /// <summary>The grain class's method.</summary>
    MethodInfo ImplementationMethod { get; }
}

/// <summary>Runs around every call that arrives at a grain, within its turn. Registered as services; the first registered is outermost.</summary>
public interface IIncomingGrainCallFilter
{
    /// <summary>Does its work and calls <see cref="IGrainCallContext.Invoke"/>, or throws to refuse the call.</summary>
    Task Invoke(IIncomingGrainCallContext context);
}
