using System.Collections.Immutable;
using CodeSigning.Identities;

namespace CodeSigning.Policies;

/// <summary>One step of the approval.</summary>
/// <param name="Approvers">Who may vote: people, and groups for the people in them; 1 to 50.</param>
/// <param name="RequiredApprovals">How many different people must approve.</param>
/// <param name="Name">What the step is called, at most 64 characters.</param>
[GenerateSerializer, Immutable, Alias("codesigning.ApprovalStep")]
public sealed record ApprovalStep(
    [property: Id(0)] ImmutableArray<PrincipalRef> Approvers,
    [property: Id(1)] int RequiredApprovals,
    [property: Id(2)] string? Name = null);
