using System.Collections.Immutable;
using CodeSigning.Certificates;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Signers;

/// <summary>Gathers the facts about a signer from the grains that own them.</summary>
public sealed class SignerFactsReader(IGrainFactory grains, IStateStore states)
{
    /// <summary>Facts for a signer's state that is in hand.</summary>
    public async Task<SignerFacts> ReadAsync(SignerState state, long version)
    {
        var certificate = grains.GetGrain<ICertificateGrain>(state.CertificateId).GetFactsAsync();
        var policy = state.PolicyId is { } policyId
            ? grains.GetGrain<ISigningPolicyGrain>(policyId).GetFactsAsync()
            : Task.FromResult<PolicyFacts?>(null);
        var groupIds = state.Members
            .Where(member => member.Principal.Kind == PrincipalKind.Group)
            .Select(member => member.Principal.Id)
            .Distinct(StringComparer.Ordinal)
            .ToArray();
        var groups = await Task.WhenAll(groupIds.Select(id => grains.GetGrain<IGroupGrain>(id).GetFactsAsync()));
        return new SignerFacts(
            state,
            version,
            groupIds.Zip(groups).ToImmutableDictionary(pair => pair.First, pair => pair.Second),
            await certificate,
            await policy);
    }

    /// <summary>Facts for a signer as the store has it by now; null where there is none.</summary>
    public async Task<SignerFacts?> ReadAsync(string signerId, CancellationToken cancellationToken) =>
        await states.ReadAsync(StateTypes.Signer, signerId, cancellationToken) is { } stored
            ? await ReadAsync(stored.ReadAs<SignerState>(), stored.Version)
            : null;
}
