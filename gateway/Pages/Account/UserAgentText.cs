namespace CodeSigning.Gateway.Pages.Account;

/// <summary>What a <c>User-Agent</c> (RFC 9110, section 10.1.5) says to people. Pure functions.</summary>
internal static class UserAgentText
{
    private static readonly (string Mark, string Name)[] Browsers =
        [("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];

    private static readonly (string Mark, string Name)[] Systems =
        [("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux")];

    /// <summary>Such as <c>Firefox on Linux</c>; of other programs, the first product.</summary>
    public static string Of(string agent) => (Find(Browsers, agent), Find(Systems, agent)) switch
    {
        ({ } browser, { } system) => $"{browser} on {system}",
        ({ } browser, null) => browser,
        _ => agent.Split(' ')[0],
    };

    private static string? Find((string Mark, string Name)[] known, string agent) =>
        known.FirstOrDefault(one => agent.Contains(one.Mark, StringComparison.Ordinal)).Name;
}
