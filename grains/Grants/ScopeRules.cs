using System.Buffers;
using System.Collections.Immutable;
using System.Net;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grants;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Grants;

/// <summary>Matches and normalizes scopes: all parts must match, by any value of the part. Pure functions.</summary>
public static class ScopeRules
{
    /// <summary>The maximum number of values in a part of a scope.</summary>
    public const int MaxValues = 1000;

    private const int MaxLength = 256;
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>The name of the first part that does not match; null if all match.</summary>
    public static string? Mismatch(GrantScope? scope, SigningQuestion question)
    {
        if (scope is null)
        {
            return null;
        }

        if (!Covers(scope.Digests, digest => digest == question.Digest))
        {
            return "digests";
        }

        if (!Covers(scope.IpAddresses, block => CoversAddress(block, question.Address)))
        {
            return "addresses";
        }

        if (!Covers(scope.Hostnames, name => Same(name, question.Hostname)))
        {
            return "hosts";
        }

        return Covers(scope.Tools, name => Same(name, question.Tool)) ? null : "tools";
    }

    /// <summary>The parts of a scope that the client asserts about itself; null if there are none.</summary>
    public static IReadOnlyList<string>? ClaimedByClient(GrantScope? scope)
    {
        List<string> claimed = [];
        if (scope?.Hostnames is not null)
        {
            claimed.Add("hostnames");
        }

        if (scope?.Tools is not null)
        {
            claimed.Add("tools");
        }

        return claimed.Count == 0 ? null : claimed;
    }

    /// <summary>Normalizes a scope for comparison, or refuses it; an empty scope becomes null.</summary>
    public static GrantScope? Normalise(GrantScope? scope)
    {
        if (scope is null)
        {
            return null;
        }

        var normal = new GrantScope(
            Each(scope.Digests, "digests", NormaliseDigest),
            Each(scope.IpAddresses, "ipAddresses", NormaliseAddress),
            Each(scope.Hostnames, "hostnames", NormaliseText),
            Each(scope.Tools, "tools", NormaliseText));
        return normal is { Digests: null, IpAddresses: null, Hostnames: null, Tools: null } ? null : normal;
    }

    private static ImmutableArray<string>? Each(ImmutableArray<string>? values, string part, Func<string, string?> normalise)
    {
        if (values is not { } given)
        {
            return null;
        }

        if (given.IsDefaultOrEmpty || given.Length > MaxValues)
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest, $"The field 'scope.{part}' is invalid: expected 1 to {MaxValues} values, or no member for no limit.");
        }

        return
        [
            .. given.Select((value, index) => value is not null && normalise(PastedText.Trim(value)) is { } normal
                ? normal
                : throw new RefusedException(ErrorCode.InvalidRequest, $"The field 'scope.{part}[{index}]' is invalid: {Expected(part)}."))
                .Distinct(StringComparer.Ordinal),
        ];
    }

    private static bool Covers(ImmutableArray<string>? values, Func<string, bool> matches) =>
        values is not { } given || given.Any(matches);

    private static bool Same(string expected, string? actual) =>
        string.Equals(expected, actual, StringComparison.OrdinalIgnoreCase);

    private static bool CoversAddress(string block, string? address)
    {
        if (!IPAddress.TryParse(address, out var actual))
        {
            return false;
        }

        actual = actual.IsIPv4MappedToIPv6 ? actual.MapToIPv4() : actual;
        return IPNetwork.TryParse(block, out var network) && network.Contains(actual);
    }

    private static string Expected(string part) => part switch
    {
        "digests" => $"expected values such as sha256:<hex>, with one of {string.Join(", ", SigningAlgorithmNames.HashLabels)}",
        "ipAddresses" => "expected IP addresses or CIDR blocks",
        _ => $"expected values of 1 to {MaxLength} characters without control characters",
    };

    private static string? NormaliseDigest(string value)
    {
        var lower = value.ToLowerInvariant();
        var colon = lower.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            && SigningAlgorithmNames.DigestLengthOf(lower[..colon]) is { } length
            && lower.Length - colon - 1 == 2 * length
            && lower.AsSpan(colon + 1).IndexOfAnyExcept(HexDigits) < 0
            ? lower
            : null;
    }

    /// <summary>A single address becomes a block of one address.</summary>
    private static string? NormaliseAddress(string value)
    {
        if (IPAddress.TryParse(value, out var address))
        {
            address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            return $"{address}/{(address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128)}";
        }

        return IPNetwork.TryParse(value, out var network) ? network.ToString() : null;
    }

    private static string? NormaliseText(string value) =>
        value.Length is > 0 and <= MaxLength && !value.Any(char.IsControl) ? value : null;
}
