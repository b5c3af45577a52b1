using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Errors;
using CodeSigning.Gateway.Api.Ledger;
using CodeSigning.Gateway.Pages.Components;
using CodeSigning.Grants;

namespace CodeSigning.Gateway.Pages.Signers;

/// <summary>Reads the terms that <see cref="TermsFields"/> asks for.</summary>
internal static class PostedTerms
{
    /// <summary>The fields, for the form.</summary>
    public const string Fields =
        "justification requestedSignings requestedWindowDuration windowStart windowEnd scope.digests scope.ipAddresses scope.hostnames scope.tools";

    private static readonly char[] Separators = ['\n', '\r', ',', ' ', '\t'];

    /// <summary>The terms that the posted form names.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>, naming the field.</exception>
    public static CreateRequest Read(PageBase page) => new(
        page.Posted("justification") ?? "",
        Number.Parse(page.Posted("requestedSignings"), "requestedSignings"),
        TimeOf(page, "windowStart"),
        TimeOf(page, "windowEnd"),
        DurationField.Read(page, "requestedWindowDuration"),
        ScopeOf(page));

    private static GrantScope? ScopeOf(PageBase page)
    {
        var scope = new GrantScope(
            ValuesOf(page, "scope.digests"), ValuesOf(page, "scope.ipAddresses"), ValuesOf(page, "scope.hostnames"), ValuesOf(page, "scope.tools"));
        return scope is { Digests: null, IpAddresses: null, Hostnames: null, Tools: null } ? null : scope;
    }

    private static ImmutableArray<string>? ValuesOf(PageBase page, string field) =>
        page.Posted(field)?.Split(Separators, StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } values ? [.. values] : null;

    /// <summary>A date and a time, in UTC; null if the field is empty.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>, naming the field.</exception>
    public static DateTimeOffset? TimeOf(PageBase page, string field)
    {
        try
        {
            return EntryFilter.ParseTime(ActivityLink.ToTime(page.Posted(field)), field);
        }
        catch (RefusedException)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, $"The field '{field}' is invalid: expected a date and a time.");
        }
    }
}
