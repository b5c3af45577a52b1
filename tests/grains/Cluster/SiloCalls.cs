using System.Collections.Concurrent;

namespace CodeSigning.Grains.Tests.Cluster;

/// <summary>Which grain methods were called on a silo, and from which silo.</summary>
internal sealed class SiloCalls : IIncomingGrainCallFilter
{
    private readonly ConcurrentDictionary<(string Source, string Method), bool> _calls = [];

    /// <summary>The methods that were called by what is no grain on a silo: the product's services, or a test.</summary>
    public IEnumerable<string> From(SiloAddress silo) => _calls.Keys
        .Where(call => call.Source.EndsWith("hosted-" + silo.ToParsableString(), StringComparison.Ordinal))
        .Select(call => call.Method);

    public static string NameOf(Type contract, string method) => $"{contract.Name}.{method}";

    public Task Invoke(IIncomingGrainCallContext context)
    {
        var method = NameOf(context.InterfaceMethod.DeclaringType!, context.InterfaceMethod.Name);
        _calls.TryAdd((context.SourceId?.ToString() ?? "", method), true);
        return context.Invoke();
    }
}
