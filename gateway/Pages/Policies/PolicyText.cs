using System.Collections.Immutable;
using CodeSigning.Gateway.Pages.Components;
using CodeSigning.Grains.Approvals;
using CodeSigning.Policies;

namespace CodeSigning.Gateway.Pages.Policies;

/// <summary>Policies in words. Pure functions.</summary>
internal static class PolicyText
{
    /// <summary>The steps as a line, such as <c>2 of Release leads, then 1 of Security</c>.</summary>
    public static string LineOf(ImmutableArray<ApprovalStep> steps) => string.Join(", then ", steps.Select(LineOf));

    /// <summary>A step, such as <c>2 of Release leads or Ada Okafor</c>.</summary>
    public static string LineOf(ApprovalStep step) =>
        $"{step.RequiredApprovals} of {(step.Approvers.IsEmpty ? "nobody yet" : Join([.. step.Approvers.Select(approver => approver.Name ?? "somebody deleted")]))}";

    /// <summary>The limits of a grant, such as <c>10 signatures in 8 hours</c>.</summary>
    public static string LimitsOf(PolicyConstraints constraints) => (constraints.MaxSignings, constraints.MaxWindowDuration) switch
    {
        ({ } count, { } window) => $"{CountOf(count)} in {TimeText.LengthOf(window)}",
        ({ } count, null) => CountOf(count),
        (null, { } window) => $"Any number in {TimeText.LengthOf(window)}",
        _ => "Without limit",
    };

    /// <summary>Why the steps cannot be filled, in a sentence.</summary>
    public static string Warn(ApproverShortage shortage) => shortage.Step is { } step
        ? $"Step {step + 1} cannot be filled: it needs {Plural(shortage.Required, "approval")} and has {Plural(shortage.Active, "active approver")}."
        : "The steps cannot be filled by different people: together they have too few active approvers.";

    private static string CountOf(long count) => Plural(count, "signature");

    private static string Plural(long count, string noun) =>
        count == 1 ? $"1 {noun}" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{count:n0} {noun}s");

    private static string Join(IReadOnlyList<string> names) =>
        names.Count == 1 ? names[0] : $"{string.Join(", ", names.Take(names.Count - 1))} or {names[^1]}";
}
