using System.Reflection;
using Orleans;
using Orleans.Runtime;

namespace CodeSigning.Embedded.Engine;

/// <summary>A call on its way through the filters: the registered ones, then the grain itself if it is one, then the method.</summary>
internal sealed class IncomingCall(Activation activation, GrainCall call) : IIncomingGrainCallContext
{
    private int _stage;

    public object Grain => activation.GrainInstance!;

    public GrainId? SourceId => call.Source?.GrainId;

    public GrainId TargetId => activation.GrainId;

    public string InterfaceName => call.Method.Interface.FullName!;

    public string MethodName => call.Method.Name;

    public MethodInfo InterfaceMethod => call.Method.InterfaceMethod;

    public MethodInfo ImplementationMethod => activation.Class.ImplementationOf(call.Method);

    public IGrainContext TargetContext => activation;

    public object? Result { get; set; }

    public Task Invoke()
    {
        var filters = activation.Runtime.Filters;
        var stage = _stage++;
        if (stage < filters.Length)
            return filters[stage].Invoke(this);
        if (stage == filters.Length && Grain is IIncomingGrainCallFilter own)
            return own.Invoke(this);
        return call.RunFiltered(this);
    }
}
