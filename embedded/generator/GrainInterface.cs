using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace CodeSigning.Embedded.Generator;

/// <summary>What a grain interface is, and what it may hold.</summary>
internal static class GrainInterface
{
    /// <summary>Whether the symbol is a grain interface, seen from its first declaration if it is partial.</summary>
    internal static bool Is(INamedTypeSymbol symbol, SyntaxNode node) =>
        symbol.DeclaringSyntaxReferences[0].Span == node.Span
        && symbol.DeclaringSyntaxReferences[0].SyntaxTree == node.SyntaxTree
        && symbol.AllInterfaces.Any(static parent => parent.ToDisplayString() == "Orleans.IGrain")
        && MembersOf(symbol).Any();

    /// <summary>Its own members and those of its bases.</summary>
    internal static IEnumerable<ISymbol> MembersOf(INamedTypeSymbol symbol) =>
        symbol.AllInterfaces.Prepend(symbol).SelectMany(static type => type.GetMembers()).Where(static member => member.IsAbstract);

    /// <summary>Why the interface cannot be called across grains, or null.</summary>
    internal static string? ProblemOf(INamedTypeSymbol symbol)
    {
        if (symbol.IsGenericType)
            return symbol.ToDisplayString() + " is generic, which grain interfaces may not be";
        for (var type = symbol; type is not null; type = type.ContainingType)
            if (type.DeclaredAccessibility is Accessibility.Private or Accessibility.Protected or Accessibility.ProtectedAndInternal)
                return symbol.ToDisplayString() + " must be visible to generated code: make it public or internal";
        return MembersOf(symbol).Select(ProblemOf).FirstOrDefault(static problem => problem is not null);
    }

    private static string? ProblemOf(ISymbol member)
    {
        var name = member.ToDisplayString();
        if (member is not IMethodSymbol { MethodKind: MethodKind.Ordinary } method)
            return name + ": a grain interface has methods only";
        if (method.IsGenericMethod)
            return name + ": a grain's method may not be generic";
        if (method.Parameters.Any(static parameter => parameter.RefKind != RefKind.None))
            return name + ": a grain's method takes its arguments by value";
        if (!IsAwaitable(method.ReturnType))
            return name + ": a grain's method returns Task, Task<T>, ValueTask or ValueTask<T>";
        return null;
    }

    private static bool IsAwaitable(ITypeSymbol type) =>
        type is INamedTypeSymbol { Name: "Task" or "ValueTask" } named
        && named.ContainingNamespace.ToDisplayString() == "System.Threading.Tasks";
}
