using System.Globalization;
using CodeSigning.Approvals;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Pages.Approvals;

/// <summary>Requests in words. Pure functions.</summary>
internal static class RequestText
{
    /// <summary>What a request asks for, in a line.</summary>
    public static string TitleOf(RequestView request) => request.Kind switch
    {
        RequestKind.Signing => $"Sign with {request.SignerName}",
        RequestKind.SignerPolicy when request.Change?.NewPolicyId is null => $"Detach the policy of {request.SignerName}",
        RequestKind.SignerPolicy => $"Replace the policy of {request.SignerName}",
        RequestKind.PolicyEdit => $"Change the policy {PolicyOf(request)}",
        _ => $"Add {request.Addition?.MemberName} to {request.Addition?.GroupName}",
    };

    /// <summary>The name of the policy that the request is decided under.</summary>
    public static string PolicyOf(RequestView request) => request.PolicyName ?? "of the signer";

    /// <summary>The approvals given and required in the current step.</summary>
    public static (int Given, int Required) VotesOf(RequestView request) => request.CurrentStep < request.Steps.Length
        ? (Given(request.Steps[request.CurrentStep]), request.Steps[request.CurrentStep].RequiredApprovals)
        : (Given(request.Steps[^1]), request.Steps[^1].RequiredApprovals);

    /// <summary>The approvals of a step that count.</summary>
    public static int Given(StepView step) => step.Votes.Count(vote => vote is { Approved: true, Counts: true });

    /// <summary>A step's name, or its number.</summary>
    public static string NameOf(StepView step) => step.Name ?? $"Step {step.Number}";

    /// <summary>Who may vote in a step.</summary>
    public static string ApproversOf(StepView step) => string.Join(", ", step.Approvers.Select(NameOf));

    /// <summary>How many signatures are asked for.</summary>
    public static string CountOf(RequestView request) => request.RequestedSignings switch
    {
        null => "Any number within the window",
        1 => "One signature",
        var count => string.Create(CultureInfo.InvariantCulture, $"At most {count:n0} signatures"),
    };

    /// <summary>Whether the scope says nothing, so that anything may be signed.</summary>
    public static bool IsUnbounded(RequestView request) =>
        request.Scope is null or { Digests: null, IpAddresses: null, Hostnames: null, Tools: null };

    private static string NameOf(PrincipalRef approver) =>
        (approver.Name ?? "somebody you may not see") + (approver.Kind == PrincipalKind.Group ? " (group)" : "");
}
