using System.Collections.Concurrent;
using System.Reflection;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace CodeSigning.Embedded.Engine;

/// <summary>A grain class in one host: what its attributes say, and the directory of its activations.</summary>
internal sealed class GrainClass
{
    private readonly ConcurrentDictionary<string, Activation> _activations = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, StatelessWorkers>? _workers;
    private readonly ConcurrentDictionary<GrainMethod, MethodInfo> _implementations = new();
    private readonly int _maxWorkers;
    private long _calls;
    private int _active;

    internal GrainClass(GrainRuntime runtime, Type type)
    {
        Runtime = runtime;
        Type = type;
        GrainType = TypeNameOf(type);
        IsReentrant = type.IsDefined(typeof(ReentrantAttribute), inherit: true);
        Activator = new GrainActivator(runtime, type);
        CollectionAge = AgeOf(type) ?? runtime.Options.CollectionAge;
        if (type.GetCustomAttribute<StatelessWorkerAttribute>(inherit: true) is { } workers)
        {
            _workers = new ConcurrentDictionary<string, StatelessWorkers>(StringComparer.Ordinal);
            _maxWorkers = workers.MaxLocalWorkers;
        }
    }

    internal GrainRuntime Runtime { get; }

    internal Type Type { get; }

    internal GrainType GrainType { get; }

    internal bool IsReentrant { get; }

    internal TimeSpan CollectionAge { get; }

    internal GrainActivator Activator { get; }

    /// <summary>Activations that are active now.</summary>
    internal int ActiveCount => Volatile.Read(ref _active);

    /// <summary>Calls begun since the host started.</summary>
    internal long CallCount => Interlocked.Read(ref _calls);

    internal IEnumerable<Activation> Activations => _workers is null
        ? _activations.Select(static entry => entry.Value)
        : _workers.SelectMany(static entry => entry.Value.Snapshot());

    internal void Send(string key, GrainCall call)
    {
        if (call.CancellationToken.IsCancellationRequested)
        {
            call.Fail(new OperationCanceledException(call.CancellationToken));
            return;
        }

        if (Runtime.HasStopped)
        {
            call.Fail(new SiloUnavailableException($"The host has stopped; {call.Method} was not called."));
            return;
        }

        call.Depart(Runtime.Timeouts);
        if (_workers is not null)
        {
            _workers.GetOrAdd(key, static (key, self) => new StatelessWorkers(self, key, self._maxWorkers), this).Send(call);
            return;
        }

        while (!_activations.GetOrAdd(key, static (key, self) => new Activation(self, key), this).TryAccept(call))
        {
            // It ended in between, and has left the directory.
        }
    }

    /// <summary>Takes an activation out of the directory and hands the calls it leaves to the next one. Runs under the activation's gate.</summary>
    internal void Leave(Activation activation, List<GrainCall> orphans)
    {
        if (_workers is not null)
        {
            var workers = _workers[activation.Key];
            workers.Leave(activation);
            foreach (var call in orphans)
                workers.Send(call);
            return;
        }

        if (orphans.Count == 0)
        {
            _activations.TryRemove(KeyValuePair.Create(activation.Key, activation));
            return;
        }

        var next = new Activation(this, activation.Key);
        foreach (var call in orphans)
            next.TryAccept(call);
        _activations[activation.Key] = next;
    }

    internal void CountCalls(long calls) => Interlocked.Add(ref _calls, calls);

    internal void CountActivation(int change) => Interlocked.Add(ref _active, change);

    internal MethodInfo ImplementationOf(GrainMethod method) => _implementations.GetOrAdd(method, Find, Type);

    private static MethodInfo Find(GrainMethod method, Type type)
    {
        if (!method.Interface.IsAssignableFrom(type))
            return method.InterfaceMethod;
        var map = type.GetInterfaceMap(method.Interface);
        return map.TargetMethods[Array.IndexOf(map.InterfaceMethods, method.InterfaceMethod)];
    }

    private static GrainType TypeNameOf(Type type)
    {
        if (type.GetCustomAttribute<GrainTypeAttribute>() is { } named)
            return named.GetGrainType();
#pragma warning disable CA1308 // Orleans' convention is lower case, and it stands in stores.
        var name = type.Name.ToLowerInvariant();
#pragma warning restore CA1308
        return GrainType.Create(name.Length > "grain".Length && name.EndsWith("grain", StringComparison.Ordinal) ? name[..^"grain".Length] : name);
    }

    private static TimeSpan? AgeOf(Type type) =>
        type.IsDefined(typeof(KeepAliveAttribute), inherit: true)
            ? TimeSpan.MaxValue
            : type.GetCustomAttribute<CollectionAgeLimitAttribute>(inherit: true)?.AgeLimit;
}
