using CodeSigning.Identities;

namespace CodeSigning.Policies;

/// <summary>The rules under which signers sign; its key is its id. Product administrators manage policies, members read them.</summary>
[Alias("codesigning.ISigningPolicyGrain")]
public interface ISigningPolicyGrain : IGrainWithStringKey
{
    /// <summary>Makes the policy; a step that its approvers cannot fill is refused.</summary>
    [Alias("Create")]
    Task<PolicyView> CreateAsync(Caller caller, PolicyDefinition definition, CancellationToken cancellationToken);

    /// <summary>The policy.</summary>
    [ReadOnly, Alias("Get")]
    Task<PolicyView> GetAsync(Caller caller);

    /// <summary>
    /// Replaces what it says; touches new requests only. A change that allows more of a guarded policy is not made: a
    /// request for it is opened under the policy in force, and the view names it.
    /// </summary>
    [Alias("Replace")]
    Task<PolicyView> ReplaceAsync(Caller caller, PolicyDefinition definition, CancellationToken cancellationToken);

    /// <summary>Makes the edit that an approved request asks for; does nothing where that has been done.</summary>
    [Alias("ApplyEdit")]
    Task ApplyEditAsync(string requestId, CancellationToken cancellationToken);

    /// <summary>Deletes it; <c>WrongState</c> while a signer has it.</summary>
    [Alias("Delete")]
    Task DeleteAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>What decisions need to know, fresh from the store; null where there is no such policy.</summary>
    [ReadOnly, Alias("GetFacts")]
    Task<PolicyFacts?> GetFactsAsync();
}
