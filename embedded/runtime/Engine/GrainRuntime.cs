using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using CodeSigning.Embedded.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;

namespace CodeSigning.Embedded.Engine;

/// <summary>One host: its grain classes, the references to them, and what they share.</summary>
internal sealed class GrainRuntime : IClusterClient, IDisposable
{
    private readonly ConcurrentDictionary<Type, Binding> _bindings = new();
    private readonly ConcurrentDictionary<Assembly, Dictionary<Type, Func<GrainPlace, GrainReference>>> _catalogs = new();
    private readonly GrainClass[] _classes;
    private readonly Dictionary<string, GrainClass> _classesByType;
    private volatile bool _hasStopped;

    public GrainRuntime(
        IServiceProvider services,
        IOptions<EmbeddedGrainsOptions> options,
        GrainAssemblies grains,
        IEnumerable<IIncomingGrainCallFilter> filters,
        ILogger<GrainRuntime> log)
    {
        Services = services;
        Options = options.Value;
        Filters = [.. filters];
        Log = log;
        GrainTime = TimeOf(services, TimeProviderNames.Grains);
        Timeouts = new CallTimeouts(TimeOf(services, TimeProviderNames.Messaging), Options.ResponseTimeout);
        Collector = new IdleCollector(this, TimeOf(services, TimeProviderNames.ActivationManagement), Options.CollectionQuantum);
        _classes = [.. grains.Classes.Select(type => new GrainClass(this, type))];
        _classesByType = _classes.ToDictionary(static grainClass => grainClass.GrainType.ToString(), StringComparer.Ordinal);
    }

    public IServiceProvider ServiceProvider => Services;

    internal IServiceProvider Services { get; }

    internal EmbeddedGrainsOptions Options { get; }

    internal IIncomingGrainCallFilter[] Filters { get; }

    internal ILogger Log { get; }

    internal TimeProvider GrainTime { get; }

    internal CallTimeouts Timeouts { get; }

    internal IdleCollector Collector { get; }

    internal bool HasStopped => _hasStopped;

    internal IReadOnlyList<GrainClass> Classes => _classes;

    internal IEnumerable<Activation> Activations => _classes?.SelectMany(static grainClass => grainClass.Activations) ?? [];

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(primaryKey);
        return (TGrainInterface)(object)BindingOf(typeof(TGrainInterface)).Refer(primaryKey);
    }

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerKey =>
        (TGrainInterface)(object)BindingOf(typeof(TGrainInterface)).Refer(primaryKey.ToString("X", CultureInfo.InvariantCulture));

    public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
        where TGrainInterface : IAddressable =>
        (TGrainInterface)(object)CreateReference(typeof(TGrainInterface), grainId);

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(grainPrimaryKey);
        return (IGrain)(object)BindingOf(grainInterfaceType).Refer(grainPrimaryKey);
    }

    public void Dispose()
    {
        _hasStopped = true;
        Timeouts.Dispose();
        Collector.Dispose();
    }

    internal static TimeProvider TimeOf(IServiceProvider services, string name) =>
        services.GetKeyedService<TimeProvider>(name) ?? services.GetService<TimeProvider>() ?? TimeProvider.System;

    internal GrainReference CreateReference(Type grainInterface, GrainId grainId) =>
        _classesByType.TryGetValue(grainId.Type.ToString(), out var grainClass)
            ? ProxyOf(grainInterface)(new GrainPlace(grainClass, grainId.Key.ToString()))
            : throw new ArgumentException($"No grain class is called \"{grainId.Type}\".", nameof(grainId));

    /// <summary>Ends all activations, once their running calls have ended; when the token says so, at once.</summary>
    internal async Task Stop(CancellationToken cancellationToken)
    {
        var reason = new DeactivationReason(DeactivationReasonCode.ShuttingDown, "The host is stopping.");
        try
        {
            // Calls in flight may activate others, so look until none is left.
            while (Activations.ToArray() is { Length: > 0 } activations)
            {
                foreach (var activation in activations)
                    activation.Deactivate(reason, cancellationToken);
                await Task.WhenAll(activations.Select(static activation => activation.Deactivated)).WaitAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Log.LogWarning("The host stopped with {Count} grains still active", Activations.Count());
        }
        finally
        {
            Dispose();
        }
    }

    private Binding BindingOf(Type grainInterface) => _bindings.GetOrAdd(grainInterface, Bind);

    private Binding Bind(Type grainInterface)
    {
        var classes = _classes.Where(grainClass => grainInterface.IsAssignableFrom(grainClass.Type)).ToArray();
        return classes switch
        {
            [var only] => new Binding(only, ProxyOf(grainInterface)),
            [] => throw new ArgumentException($"No grain class implements {grainInterface}.", nameof(grainInterface)),
            _ => throw new ArgumentException(
                $"{grainInterface} is implemented by {string.Join(", ", classes.Select(static grainClass => grainClass.Type.Name))}; ask for an interface of one.",
                nameof(grainInterface)),
        };
    }

    private Func<GrainPlace, GrainReference> ProxyOf(Type grainInterface) =>
        _catalogs.GetOrAdd(grainInterface.Assembly, Load).TryGetValue(grainInterface, out var proxy)
            ? proxy
            : throw new ArgumentException(
                $"{grainInterface} has no generated reference. Its project must import the grain model, and it must be a grain interface.",
                nameof(grainInterface));

    private static Dictionary<Type, Func<GrainPlace, GrainReference>> Load(Assembly assembly)
    {
        var proxies = new Dictionary<Type, Func<GrainPlace, GrainReference>>();
        if (assembly.GetCustomAttribute<GrainProxiesAttribute>() is { } named)
            ((GrainProxyCatalog)System.Activator.CreateInstance(named.Catalog)!).AddTo(proxies);
        return proxies;
    }

    private sealed record Binding(GrainClass Class, Func<GrainPlace, GrainReference> Proxy)
    {
        internal GrainReference Refer(string key) => Proxy(new GrainPlace(Class, key));
    }
}
