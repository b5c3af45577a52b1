using System.Collections.Immutable;
using System.Globalization;
using CodeSigning.Errors;
using CodeSigning.Gateway.Pages.Components;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Gateway.Pages.Policies;

/// <summary>A policy as the editor's form holds it: numbers are texts, since they may be wrong.</summary>
/// <param name="Name">Its name.</param>
/// <param name="MaxWindowDuration">The longest window.</param>
/// <param name="MaxSignings">The most signatures.</param>
/// <param name="MaxRequestTtl">The lifetime of a pending request.</param>
/// <param name="SecondFactorWithin">The age of a voter's second factor.</param>
/// <param name="BypassForMachineIdentities">Whether machine identities sign without a grant.</param>
/// <param name="DistinctApproversAcrossSteps">Whether each step needs other people.</param>
/// <param name="Steps">The steps, at least one.</param>
internal sealed record PolicyDraft(
    string? Name,
    string? MaxWindowDuration,
    string? MaxSignings,
    string? MaxRequestTtl,
    string? SecondFactorWithin,
    bool BypassForMachineIdentities,
    bool DistinctApproversAcrossSteps,
    ImmutableArray<StepDraft> Steps)
{
    private const int MostSteps = 10;

    /// <summary>What a new policy begins with.</summary>
    public static PolicyDraft New { get; } = new(null, "8h", null, "7d", null, false, false, [StepDraft.New]);

    /// <summary>An existing policy.</summary>
    public static PolicyDraft Of(PolicyView policy) => new(
        policy.Name,
        policy.Constraints.MaxWindowDuration,
        policy.Constraints.MaxSignings?.ToString(CultureInfo.InvariantCulture),
        policy.MaxRequestTtl,
        policy.SecondFactorWithin,
        policy.BypassForMachineIdentities,
        policy.DistinctApproversAcrossSteps,
        [.. policy.Steps.Select(step => new StepDraft(step.Name, step.RequiredApprovals.ToString(CultureInfo.InvariantCulture), step.Approvers))]);

    /// <summary>What the form posted.</summary>
    public static PolicyDraft Read(PageBase page) => new(
        page.Posted("name"),
        DurationField.Read(page, "constraints.maxWindowDuration"),
        page.Posted("constraints.maxSignings"),
        DurationField.Read(page, "maxRequestTtl"),
        DurationField.Read(page, "secondFactorWithin"),
        page.Posted("bypassForMachineIdentities") is not null,
        page.Posted("distinctApproversAcrossSteps") is not null,
        [.. Enumerable.Range(0, StepsOf(page)).Select(index => StepDraft.Read(page, index))]);

    /// <summary>Whether another step may be added.</summary>
    public bool HasRoom => Steps.Length < MostSteps;

    /// <summary>The steps as they are read in a line.</summary>
    public ImmutableArray<ApprovalStep> ToSteps() => [.. Steps.Select((step, index) => step.ToStep(index))];

    /// <summary>The body for the service.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>: a number is none.</exception>
    public PolicyDefinition ToDefinition() => new(
        Name ?? "",
        new PolicyConstraints(MaxWindowDuration, Number.Parse(MaxSignings, "constraints.maxSignings")),
        ToSteps(),
        MaxRequestTtl,
        BypassForMachineIdentities,
        DistinctApproversAcrossSteps,
        SecondFactorWithin);

    private static int StepsOf(PageBase page) =>
        int.TryParse(page.Posted("stepCount"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? Math.Clamp(count, 1, MostSteps) : 1;
}

/// <summary>A step as the editor's form holds it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="RequiredApprovals">How many must approve.</param>
/// <param name="Approvers">Those who may, with their names.</param>
/// <param name="Added">Somebody to add: a group's name or a person's email address.</param>
internal sealed record StepDraft(string? Name, string? RequiredApprovals, ImmutableArray<PrincipalRef> Approvers, string? Added = null)
{
    /// <summary>What a new step begins with.</summary>
    public static StepDraft New { get; } = new(null, "1", []);

    /// <summary>What the form posted for a step.</summary>
    public static StepDraft Read(PageBase page, int index) => new(
        page.Posted($"steps[{index}].name"),
        page.Posted($"steps[{index}].requiredApprovals"),
        [.. page.Http.Request.Form[$"steps[{index}].approvers"].Select(ParseApprover).OfType<PrincipalRef>().Distinct()],
        page.Posted($"steps[{index}].added"));

    /// <summary>An approver as a form posts it: the id, which tells the kind, and the name.</summary>
    public static string ToValue(PrincipalRef approver) => $"{(approver.Kind == PrincipalKind.Group ? "group" : "user")} {approver.Id} {approver.Name}";

    /// <summary>The step.</summary>
    /// <param name="index">Its place, for messages.</param>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>: the number is none.</exception>
    public ApprovalStep ToStep(int index) =>
        new(Approvers, Number.ParseInt32(RequiredApprovals, $"steps[{index}].requiredApprovals") ?? 0, Name);

    private static PrincipalRef? ParseApprover(string? value) => value?.Split(' ', 3) is [var kind, var id, var name]
        ? new PrincipalRef(kind == "group" ? PrincipalKind.Group : PrincipalKind.User, id) { Name = name }
        : null;
}
