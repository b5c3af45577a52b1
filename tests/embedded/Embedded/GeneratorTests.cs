using CodeSigning.Embedded.Generator;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace CodeSigning.Embedded.Tests.Embedded;

public sealed class GeneratorTests
{
    [Fact]
    public void Every_kind_of_method_a_grain_may_have_compiles()
    {
        var (_, compilation) = Run("""
            using System.Collections.Generic;
            using System.Threading;
            using System.Threading.Tasks;
            using Orleans;
            using Orleans.Concurrency;

            namespace Sample
            {
                public interface IBase : IGrainWithStringKey
                {
                    Task<int?> Inherited(string? text, int @class = 3);
                }

                public interface IWhole : IBase, IRemindable
                {
                    Task Nothing();
                    ValueTask NothingValue();
                    Task<(int Number, string? Text)> Tuple(Dictionary<string, List<int[]>?> map);
                    [ReadOnly, ResponseTimeout("00:01:00")] ValueTask<IReadOnlyList<string?>?> Value(params string[] words);
                    [AlwaysInterleave] Task WithToken(long number, CancellationToken cancellationToken = default);
                    [OneWay] Task Unawaited();
                    Task Overloaded(int number);
                    Task Overloaded(string text);
                }

                internal partial interface IParted : IWhole { }

                internal partial interface IParted { }

                public static class Outer
                {
                    public interface IInner : IGrainWithIntegerKey
                    {
                        Task Call();
                    }
                }
            }
            """);

        Assert.Empty(compilation.GetDiagnostics().Where(static diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        var catalog = compilation.GetTypeByMetadataName("CodeSigning.Embedded.Generated.GrainProxies");
        Assert.NotNull(catalog);
        Assert.NotNull(compilation.GetTypeByMetadataName("CodeSigning.Embedded.Generated.Proxy_Sample_Outer_IInner"));
    }

    [Fact]
    public void What_is_said_of_a_method_is_what_its_calls_do()
    {
        var (generated, _) = Run("""
            using System.Threading;
            using System.Threading.Tasks;
            using Orleans;
            using Orleans.Concurrency;

            public interface ISaid : IGrainWithStringKey
            {
                [ReadOnly, AlwaysInterleave] Task Both();
                [OneWay] Task Unawaited();
                [ResponseTimeout("00:01:00")] Task Patient(CancellationToken token);
            }
            """);

        Assert.Contains("\"Both\", new global::System.Type[] {  }, global::CodeSigning.Embedded.Engine.GrainMethodTraits.ReadOnly | global::CodeSigning.Embedded.Engine.GrainMethodTraits.AlwaysInterleave, null", generated, StringComparison.Ordinal);
        Assert.Contains("GrainMethodTraits.OneWay, null", generated, StringComparison.Ordinal);
        Assert.Contains("GrainMethodTraits.None, \"00:01:00\"", generated, StringComparison.Ordinal);
        Assert.Contains("base(Method, a0)", generated, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("interface IWrong : Orleans.IGrainWithStringKey { void Call(); }", "returns Task")]
    [InlineData("interface IWrong : Orleans.IGrainWithStringKey { int Call(); }", "returns Task")]
    [InlineData("interface IWrong : Orleans.IGrainWithStringKey { System.Collections.Generic.IAsyncEnumerable<int> Call(); }", "returns Task")]
    [InlineData("interface IWrong : Orleans.IGrainWithStringKey { System.Threading.Tasks.Task Call<T>(); }", "may not be generic")]
    [InlineData("interface IWrong<T> : Orleans.IGrainWithStringKey { System.Threading.Tasks.Task Call(); }", "is generic")]
    [InlineData("interface IWrong : Orleans.IGrainWithStringKey { System.Threading.Tasks.Task Call(ref int number); }", "by value")]
    [InlineData("interface IWrong : Orleans.IGrainWithStringKey { int Number { get; } }", "methods only")]
    [InlineData("class Outer { private interface IWrong : Orleans.IGrainWithStringKey { System.Threading.Tasks.Task Call(); } }", "visible")]
    public void An_interface_that_cannot_be_called_is_an_error_that_says_why(string source, string why)
    {
        var driver = Drive(source, out _);

        var diagnostic = Assert.Single(driver.GetRunResult().Diagnostics);
        Assert.Equal(DiagnosticSeverity.Error, diagnostic.Severity);
        Assert.Contains(why, diagnostic.GetMessage(null), StringComparison.Ordinal);
    }

    [Fact]
    public void A_project_without_grain_interfaces_gets_nothing()
    {
        var driver = Drive("public interface IPlain { int Number { get; } } public interface IMarker : Orleans.IGrainWithStringKey { }", out _);

        Assert.Empty(driver.GetRunResult().GeneratedTrees);
    }

    private static (string Generated, Compilation Compilation) Run(string source)
    {
        var driver = Drive(source, out var compilation);
        Assert.Empty(driver.GetRunResult().Diagnostics);
        return (string.Concat(driver.GetRunResult().GeneratedTrees.Select(static tree => tree.ToString())), compilation);
    }

    private static GeneratorDriver Drive(string source, out Compilation compilation)
    {
        var options = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Preview);
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(static path => MetadataReference.CreateFromFile(path));
        var before = CSharpCompilation.Create(
            "Sample",
            [CSharpSyntaxTree.ParseText(source, options)],
            references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        return CSharpGeneratorDriver.Create([new GrainProxyGenerator().AsSourceGenerator()], parseOptions: options)
            .RunGeneratorsAndUpdateCompilation(before, out compilation, out _);
    }
}
