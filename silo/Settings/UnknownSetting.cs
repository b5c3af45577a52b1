using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace CodeSigning.Silo.Settings;

/// <summary>A variable that is named like a setting and that nothing reads.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Nearest">The setting whose name is most like it.</param>
/// <param name="Distance">How many characters have to be put in, taken out or replaced to make the one of the other.</param>
public sealed partial record UnknownSetting(string Name, string Nearest, int Distance)
{
    private const int MostSlips = 2;

    /// <summary>Whether that setting was surely meant: a server that started without it would not be what its operator takes it for.</summary>
    public bool IsSlip => Distance <= MostSlips;

    /// <summary>Says what it is, without its value.</summary>
    public override string ToString() => $"{Name} is not a setting, and nothing reads it. The nearest is {Nearest}.";

    /// <summary>Finds them, but for those of clients on the same machine and those that Kubernetes makes for services.</summary>
    internal static IEnumerable<UnknownSetting> Find(IConfiguration configuration) =>
        from pair in configuration.AsEnumerable()
        let name = pair.Key.Replace(ConfigurationPath.KeyDelimiter, "__", StringComparison.Ordinal)
        where pair.Value is not null && name.StartsWith(KnownSettings.Prefix, StringComparison.OrdinalIgnoreCase)
        where !KnownSettings.Names.Contains(name) && !KnownSettings.OfClients.Contains(name) && !IsServiceLink(name, pair.Value)
        orderby name
        let nearest = KnownSettings.Names.Order(StringComparer.Ordinal).MinBy(known => DistanceOf(name, known))!
        select new UnknownSetting(name, nearest, DistanceOf(name, nearest));

    /// <summary>
    /// Whether Kubernetes made the variable for a service whose name begins with "codesigning" ("Environment variables" in
    /// https://kubernetes.io/docs/concepts/services-networking/service/). Some have names of settings, such as CODESIGNING_SILO_PORT.
    /// </summary>
    internal static bool IsServiceLink(string name, string value) =>
        ServiceName().IsMatch(name) || (name.EndsWith("_PORT", StringComparison.OrdinalIgnoreCase) && ServiceAddress().IsMatch(value));

    [GeneratedRegex("_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$")]
    private static partial Regex ServiceName();

    [GeneratedRegex("^(tcp|udp|sctp)://")]
    private static partial Regex ServiceAddress();

    // Levenshtein, a row at a time.
    private static int DistanceOf(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var replaced = diagonal + (char.ToUpperInvariant(one[i - 1]) == other[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
