using System.Runtime.CompilerServices;
using CodeSigning.Approvals;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Grants;
using CodeSigning.Grants;
using CodeSigning.Signers;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Timers;

namespace CodeSigning.Grains.Tests.Hosting.Memory;

/// <summary>
/// The product's grains as plain objects: a call is a call, a timer of no delay is a call too, and a reminder comes when the
/// test's clock has come to it. It serves callers who act one after the other.
/// </summary>
internal sealed class MemoryGrains
{
    private readonly Dictionary<GrainId, Grain> _activations = [];
    private readonly IServiceProvider _services;
    private readonly IGrainRuntime _runtime;

    public MemoryGrains(IServiceProvider services)
    {
        _services = services;
        Factory = StandIn.Of<IGrainFactory>((method, arguments) => Find(method.GetGenericArguments()[0], $"{arguments[0]}"));
        var timers = StandIn.Of<ITimerRegistry>((_, arguments) => StartTimer((Delegate)arguments[1]!, arguments[2]));
        _runtime = StandIn.Of<IGrainRuntime>((method, _) => method.Name switch
        {
            "get_GrainFactory" => Factory,
            "get_TimerRegistry" => timers,
            _ => throw new NotSupportedException(method.Name),
        });
    }

    public IGrainFactory Factory { get; }

    /// <summary>A reminder of a request comes.</summary>
    public Task RemindAsync(GrainId id, string name) =>
        ((IRemindable)Find(typeof(IApprovalRequestGrain), id.Key.ToString()!)).ReceiveReminder(name, default);

    private static Type ClassOf(Type contract) =>
        contract == typeof(IApprovalRequestGrain) ? typeof(ApprovalRequestGrain)
        : contract == typeof(IGrantGrain) ? typeof(GrantGrain)
        : contract == typeof(ISignerGrain) ? typeof(SignerGrain)
        : throw new NotSupportedException(contract.Name);

    private Grain Find(Type contract, string key)
    {
        var id = GrainId.Create(contract.Name, key);
        if (_activations.TryGetValue(id, out var known))
        {
            return known;
        }

        var grain = (Grain)ActivatorUtilities.CreateInstance(_services, ClassOf(contract));
        SetContext(grain, StandIn.Of<IGrainContext>((method, _) => method.Name switch
        {
            "get_GrainId" => id,
            "get_ActivationServices" => _services,
            _ => throw new NotSupportedException(method.Name),
        }));
        RuntimeOf(grain) = _runtime;
        Finish(grain.OnActivateAsync(CancellationToken.None));
        _activations.Add(id, grain);
        return grain;
    }

    private static IGrainTimer StartTimer(Delegate callback, object? state)
    {
        Finish((Task)callback.DynamicInvoke(state, CancellationToken.None)!);
        return StandIn.Of<IGrainTimer>((_, _) => null);
    }

    /// <summary>In memory nothing waits.</summary>
    private static void Finish(Task task)
    {
        if (!task.IsCompleted)
        {
            throw new InvalidOperationException("It waits for something that is not in memory.");
        }

        task.GetAwaiter().GetResult();
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_GrainContext")]
    private static extern void SetContext(Grain grain, IGrainContext context);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<Runtime>k__BackingField")]
    private static extern ref IGrainRuntime RuntimeOf(Grain grain);
}
