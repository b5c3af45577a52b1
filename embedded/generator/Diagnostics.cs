using Microsoft.CodeAnalysis;

namespace CodeSigning.Embedded.Generator;

internal static class Diagnostics
{
    internal static readonly DiagnosticDescriptor Unusable = new(
        "GRAIN001",
        "A grain interface that cannot be called",
        "{0}",
        "Grains",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true);
}
