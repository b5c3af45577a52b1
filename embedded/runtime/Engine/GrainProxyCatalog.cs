using System.ComponentModel;
using Orleans.Runtime;

namespace CodeSigning.Embedded.Engine;

/// <summary>For generated code: the references an assembly's grain interfaces need.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class GrainProxyCatalog
{
    /// <summary>Registers each interface with what makes a reference of it.</summary>
    public abstract void AddTo(IDictionary<Type, Func<GrainPlace, GrainReference>> proxies);
}

/// <summary>For generated code: names an assembly's <see cref="GrainProxyCatalog"/>.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class GrainProxiesAttribute(Type catalog) : Attribute
{
    /// <summary>The catalog.</summary>
    public Type Catalog { get; } = catalog;
}
