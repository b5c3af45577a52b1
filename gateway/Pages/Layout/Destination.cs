using CodeSigning.Identities;

namespace CodeSigning.Gateway.Pages.Layout;

/// <summary>A page of the navigation.</summary>
/// <param name="Path">Its path; pages below it count as it.</param>
/// <param name="Title">Its title.</param>
/// <param name="Icon">Its drawing.</param>
/// <param name="IsOnBar">Whether a phone's bar has it; the others are in the menu.</param>
/// <param name="IsFor">Who sees it. What it shows is decided by what it calls.</param>
internal sealed record Destination(string Path, string Title, string Icon, bool IsOnBar, Func<Caller, bool> IsFor)
{
    /// <summary>All of them, in order.</summary>
    public static IReadOnlyList<Destination> All { get; } =
    [
        new("/", "Approvals", "inbox", true, Anyone),
        new("/requests", "Requests", "list", true, Anyone),
        new("/signers", "Signers", "key", true, Anyone),
        new("/overview", "Overview", "chart", false, Anyone),
        new("/certificates", "Certificates", "certificate", false, Administrators) { Also = ["/cas"] },
        new("/policies", "Policies", "shield", false, Anyone),
        new("/people", "People", "people", false, Administrators) { Also = ["/machines", "/groups"] },
        new("/ledger", "Ledger", "book", false, Administrators),
        new("/settings", "Settings", "settings", false, Administrators),
    ];

    /// <summary>Other paths that count as it.</summary>
    public IReadOnlyList<string> Also { get; init; } = [];

    /// <summary>Whether a page belongs to it.</summary>
    public bool Holds(PathString page) => Path == "/" ? page == "/" : Also.Prepend(Path).Any(path => page.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase));

    private static bool Anyone(Caller caller) => true;

    private static bool Administrators(Caller caller) => caller.Role == ProductRole.Admin;
}
