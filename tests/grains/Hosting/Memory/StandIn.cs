using System.Reflection;

namespace CodeSigning.Grains.Tests.Hosting.Memory;

/// <summary>Stands for an interface of which few members are called.</summary>
public class StandIn : DispatchProxy
{
    private Func<MethodInfo, object?[], object?> _call = (_, _) => null;

    /// <summary>One that answers each call with what this gives.</summary>
    public static T Of<T>(Func<MethodInfo, object?[], object?> call)
        where T : class
    {
        var made = Create<T, StandIn>();
        ((StandIn)(object)made)._call = call;
        return made;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _call(targetMethod!, args ?? []);
}
