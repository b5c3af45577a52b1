using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Core;
using Orleans.Runtime;
using Orleans.Storage;

namespace CodeSigning.Embedded.Engine;

/// <summary>Builds grains of a class: persistent states from the runtime, everything else from the activation's services.</summary>
internal sealed class GrainActivator
{
    private readonly ObjectFactory _construct;
    private readonly Func<Activation, IStorage>[] _facets;

    internal GrainActivator(GrainRuntime runtime, Type type)
    {
        var parameters = type.GetConstructors()
            .SelectMany(static constructor => constructor.GetParameters())
            .Where(static parameter => parameter.IsDefined(typeof(PersistentStateAttribute)))
            .ToArray();
        _facets = [.. parameters.Select(parameter => FacetOf(runtime, parameter))];
        _construct = ActivatorUtilities.CreateFactory(type, [.. parameters.Select(static parameter => parameter.ParameterType)]);
    }

    /// <summary>Builds a grain; its states are still to be read.</summary>
    internal object Create(Activation activation, out IStorage[] facets)
    {
        facets = [.. _facets.Select(create => create(activation))];
        return _construct(activation.ActivationServices, facets);
    }

    private static Func<Activation, IStorage> FacetOf(GrainRuntime runtime, ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(IPersistentState<>))
            throw new OrleansConfigurationException(
                $"[PersistentState] on {parameter.Member.DeclaringType}'s {parameter.Name}: the parameter must be an IPersistentState<T>.");
        var mark = parameter.GetCustomAttribute<PersistentStateAttribute>()!;
        var create = typeof(PersistentState<>).MakeGenericType(type.GetGenericArguments())
            .GetMethod(nameof(PersistentState<object>.Create), BindingFlags.Static | BindingFlags.NonPublic)!
            .CreateDelegate<Func<Activation, string, IGrainStorage, IStorage>>();
        var storage = new Lazy<IGrainStorage>(() => StorageOf(runtime, mark));
        return activation => create(activation, mark.StateName, storage.Value);
    }

    private static IGrainStorage StorageOf(GrainRuntime runtime, PersistentStateAttribute mark)
    {
        var name = mark.StorageName ?? "Default";
        return runtime.Services.GetKeyedService<IGrainStorage>(name)
            ?? throw new OrleansConfigurationException($"No grain storage is registered as \"{name}\"; state \"{mark.StateName}\" needs it.");
    }
}
