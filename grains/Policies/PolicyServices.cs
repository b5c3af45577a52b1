using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Policies;

/// <summary>What policies stand on.</summary>
/// <param name="States">Reads states.</param>
/// <param name="Approvers">Reads who may approve by now.</param>
/// <param name="Time">The clock.</param>
public sealed record PolicyServices(IStateStore States, ApproverFactsReader Approvers, TimeProvider Time);
