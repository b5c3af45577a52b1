using System.Collections.Immutable;
using CodeSigning.Identities;

namespace CodeSigning.Approvals;

/// <summary>A step of a request, as the policy had it when the request was made.</summary>
/// <param name="Name">What the step is called.</param>
/// <param name="Approvers">Who may vote.</param>
/// <param name="RequiredApprovals">How many different people must approve.</param>
/// <param name="IsComplete">Whether it is done.</param>
/// <param name="Votes">The votes.</param>
[GenerateSerializer, Immutable, Alias("codesigning.StepView")]
public sealed record StepView(
    [property: Id(0)] string? Name,
    [property: Id(1)] ImmutableArray<PrincipalRef> Approvers,
    [property: Id(2)] int RequiredApprovals,
    [property: Id(3)] bool IsComplete,
    [property: Id(4)] ImmutableArray<VoteView> Votes);
