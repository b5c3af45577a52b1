using System.ComponentModel;
using System.Globalization;
using System.Reflection;

namespace CodeSigning.Embedded.Engine;

/// <summary>How the calls of a method may run beside others.</summary>
[Flags]
public enum GrainMethodTraits
{
    /// <summary>Alone.</summary>
    None = 0,

    /// <summary>With other read-only calls.</summary>
    ReadOnly = 1,

    /// <summary>With any call.</summary>
    AlwaysInterleave = 2,

    /// <summary>The caller does not wait.</summary>
    OneWay = 4,
}

/// <summary>A method of a grain interface, described once by generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class GrainMethod(Type grainInterface, string name, Type[] parameters, GrainMethodTraits traits, string? responseTimeout)
{
    private MethodInfo? _interfaceMethod;

    internal Type Interface { get; } = grainInterface;

    internal string Name { get; } = name;

    internal bool ReadOnly => (traits & GrainMethodTraits.ReadOnly) != 0;

    internal bool AlwaysInterleave => (traits & GrainMethodTraits.AlwaysInterleave) != 0;

    internal bool OneWay => (traits & GrainMethodTraits.OneWay) != 0;

    internal TimeSpan? ResponseTimeout { get; } =
        responseTimeout is null ? null : TimeSpan.Parse(responseTimeout, CultureInfo.InvariantCulture);

    internal MethodInfo InterfaceMethod => _interfaceMethod ??=
        Interface.GetMethod(Name, parameters) ?? throw new MissingMethodException(Interface.FullName, Name);

    /// <inheritdoc/>
    public override string ToString() => $"{Interface.Name}.{Name}";
}
