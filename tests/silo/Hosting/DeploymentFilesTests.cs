using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using CodeSigning.Silo.Settings;
using Xunit;

namespace CodeSigning.Silo.Tests.Hosting;

/// <summary>What deploy/ gives operators names settings that there are.</summary>
public sealed partial class DeploymentFilesTests
{
    // Of the scripts themselves, and of the modules.
    private static readonly string[] Others =
    [
        "CODESIGNING_SERVER", "CODESIGNING_SYSROOT", "CODESIGNING_IMAGE", "CODESIGNING_PKCS11_CONFIG",
        "CODESIGNING_SERVER_URL", "CODESIGNING_TOKEN", "CODESIGNING_CA_CERTIFICATE", "CODESIGNING_RELEASE_CHAIN", "CODESIGNING_RELEASE_SIGNER",
    ];

    public static TheoryData<string> Files => new(
        Directory.GetFiles(Deploy, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Deploy, file)).Order());

    private static string Deploy => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../../deploy"));

    [Theory]
    [MemberData(nameof(Files))]
    public void Settings_in_a_deployment_file_exist(string file)
    {
        var names = Setting().Matches(File.ReadAllText(Path.Combine(Deploy, file))).Select(match => match.Value).Distinct();

        Assert.All(names, name => Assert.True(KnownSettings.Names.Contains(name) || Others.Contains(name), name));
    }

    [Theory]
    [InlineData("monitoring/alerts.yaml")]
    [InlineData("monitoring/dashboard.json")]
    public void Metrics_in_a_monitoring_file_are_documented(string file)
    {
        var page = File.ReadAllText(Path.Combine(Deploy, "../docs/metrics.md"));
        var names = Metric().Matches(File.ReadAllText(Path.Combine(Deploy, file))).Select(match => match.Groups[1].Value).Distinct().ToList();

        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
    }

    // Without the suffix of a histogram's buckets.
    [GeneratedRegex(@"\b((?:codesigning|ledger)_[a-z_]+?)(?:_bucket)?\b")]
    private static partial Regex Metric();

    [GeneratedRegex(@"\bCODESIGNING_[A-Z0-9_]+\b")]
    private static partial Regex Setting();

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
