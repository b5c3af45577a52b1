using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Approvals;

/// <summary>What requests stand on.</summary>
/// <param name="States">Reads states.</param>
/// <param name="Facts">Gathers what decisions rest on.</param>
/// <param name="Time">The clock.</param>
public sealed record ApprovalServices(IStateStore States, RequestFactsReader Facts, TimeProvider Time);
