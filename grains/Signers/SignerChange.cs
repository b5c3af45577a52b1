using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Signers;

/// <summary>A change of a signer that was decided on fresh facts.</summary>
internal static class SignerChange
{
    /// <summary>Reads a signer and decides whether the caller may do this to it.</summary>
    /// <exception cref="Errors.RefusedException"><c>NotFound</c> also to strangers; <c>Forbidden</c>.</exception>
    public static async Task<(SignerFacts Facts, SignerAuthority.Standing Standing)> DemandAsync(
        this SignerFactsReader reader, Caller caller, string signerId, SignerAction action, CancellationToken cancellationToken)
    {
        var facts = await reader.ReadAsync(signerId, cancellationToken) ?? throw SignerAuthority.NotFound();
        return (facts, SignerAuthority.Demand(facts, caller, action));
    }

    /// <summary>What differs between two states of a signer.</summary>
    public static Changes To(this SignerFacts facts, SignerState next) =>
        Changes.Between(facts.State.ToRecord(), next.ToRecord());

    /// <summary>The change from one state of a signer into the next, with the read set of the decision.</summary>
    public static LedgerElement Describe(
        Caller caller, string action, SignerFacts facts, SignerState next, Changes changes, TimeProvider time) =>
        Change.By(caller, action, StateTypes.Signer, next.Id, changes, time)
            .About(next.Id, next.Name)
            .Writing(facts.Signer.Replace(next));
}
