using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Signers;

/// <summary>What a signer stands on.</summary>
/// <param name="States">Reads states.</param>
/// <param name="Facts">Gathers what decisions rest on.</param>
/// <param name="Observations">Knows when a signer last signed.</param>
/// <param name="Ledger">Reads the ledger, for the list of an emergency stop.</param>
/// <param name="Fence">Waits for commits under way.</param>
/// <param name="Time">The clock.</param>
public sealed record SignerServices(
    IStateStore States,
    SignerFactsReader Facts,
    IObservations Observations,
    ILedgerReader Ledger,
    ICommitFence Fence,
    TimeProvider Time)
{
    /// <summary>What is observed of a signer: that it made a signature.</summary>
    public const string Signature = "signature";
}
