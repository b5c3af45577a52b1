using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace CodeSigning.Embedded.Generator;

/// <summary>
/// Writes, for each grain interface of a project, the class behind references to it, a class for the calls of each method,
/// and one catalog for the runtime to find them.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class GrainProxyGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var proxies = context.SyntaxProvider
            .CreateSyntaxProvider(
                static (node, _) => node is InterfaceDeclarationSyntax { BaseList: not null },
                static (syntax, cancellation) => syntax.SemanticModel.GetDeclaredSymbol(syntax.Node, cancellation)
                    is INamedTypeSymbol symbol && GrainInterface.Is(symbol, syntax.Node)
                        ? Proxy.Of(symbol)
                        : default)
            .Where(static proxy => proxy.Name is not null);

        context.RegisterSourceOutput(proxies, static (output, proxy) =>
        {
            if (proxy.Problem is { } problem)
                output.ReportDiagnostic(Diagnostic.Create(Diagnostics.Unusable, Location.None, problem));
            else
                output.AddSource(proxy.Name + ".g.cs", SourceText.From(proxy.Source, Encoding.UTF8));
        });
        context.RegisterSourceOutput(proxies.Collect(), static (output, all) =>
        {
            var usable = all.Where(static proxy => proxy.Problem is null).ToList();
            if (usable.Count > 0)
                output.AddSource("GrainProxyCatalog.g.cs", SourceText.From(Catalog.Of(usable), Encoding.UTF8));
        });
    }
}
