using System.Reflection;
using Orleans;

namespace CodeSigning.Embedded.Hosting;

/// <summary>The assemblies whose grains a host runs.</summary>
internal sealed record GrainAssemblies(IReadOnlyList<Assembly> Assemblies)
{
    internal IEnumerable<Type> Classes => Assemblies.Distinct()
        .SelectMany(static assembly => assembly.GetTypes())
        .Where(static type => type is { IsClass: true, IsAbstract: false, IsGenericTypeDefinition: false }
            && type.IsAssignableTo(typeof(Grain)) && type.IsAssignableTo(typeof(IGrain)));
}
