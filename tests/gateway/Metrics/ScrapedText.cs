using System.Globalization;
using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Metrics;

/// <summary>What <c>/metrics</c> answered, line by line.</summary>
internal sealed class ScrapedText(string text)
{
    public string Text { get; } = text;

    public IReadOnlyList<string> Lines { get; } = text.Split('\n');

    /// <summary>The labels of all series.</summary>
    public IEnumerable<string> Labels =>
        Lines.Where(line => !line.StartsWith('#') && line.Contains('{')).Select(line => line[(line.IndexOf('{') + 1)..line.LastIndexOf('}')]);

    public static async Task<ScrapedText> ReadAsync(CodeSigningServer server) =>
        new((await server.AsNobody().GetAsync("/metrics")).Succeeded().BodyText);

    /// <summary>The value of a series, named with its labels in quotes; 0 where there is none.</summary>
    public double ValueOf(string series) =>
        Lines.FirstOrDefault(line => line.StartsWith(series + " ", StringComparison.Ordinal)) is { } line
            ? double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture)
            : 0;
}
