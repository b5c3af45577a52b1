namespace CodeSigning.Identities;

/// <summary>
/// A machine identity with its client secrets; its key is its id. It reads its row before each turn, so that it holds on
/// any number of nodes.
/// </summary>
/// <remarks>Everything here refuses with <see cref="Errors.RefusedException"/>; product administrators only, but for what says otherwise.</remarks>
[Alias("codesigning.IIdentityGrain")]
public interface IIdentityGrain : IGrainWithStringKey
{
    /// <summary>Makes the identity; <c>NameTaken</c> where another has the name.</summary>
    [Alias("Create")]
    Task<IdentityView> CreateAsync(Caller caller, CreateIdentity request, CancellationToken cancellationToken);

    /// <summary>Changes name, description or status.</summary>
    [Alias("Update")]
    Task<IdentityView> UpdateAsync(Caller caller, UpdateIdentity request, CancellationToken cancellationToken);

    /// <summary>Deletes the identity and its client secrets; tokens end at once, ledger entries stay.</summary>
    [Alias("Delete")]
    Task DeleteAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>Makes a client secret; an identity has at most 100.</summary>
    [Alias("CreateClientSecret")]
    Task<NewClientSecretView> CreateClientSecretAsync(
        Caller caller, CreateClientSecret request, CancellationToken cancellationToken);

    /// <summary>Deletes a client secret; the sessions that were begun with it end at once.</summary>
    [Alias("RevokeClientSecret")]
    Task RevokeClientSecretAsync(Caller caller, string secretId, CancellationToken cancellationToken);

    /// <summary>Sets which tokens of a CI log the identity in; sessions begun under the binding before end.</summary>
    [Alias("BindOidc")]
    Task<IdentityView> BindOidcAsync(Caller caller, OidcBinding binding, CancellationToken cancellationToken);

    /// <summary>Takes the OIDC binding away; sessions begun under it end.</summary>
    [Alias("UnbindOidc")]
    Task<IdentityView> UnbindOidcAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>The identity itself ends all of its sessions, the one it asks in too.</summary>
    [Alias("EndSessions")]
    Task EndSessionsAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>What decisions need to know, as it stands in the store at the call.</summary>
    [ReadOnly, Alias("GetFacts")]
    Task<PrincipalFacts> GetFactsAsync();

    /// <summary>Who could act as this identity because they made what it logs in with, as it stands in the store at the call.</summary>
    [ReadOnly, Alias("GetCredentialMakers")]
    Task<CredentialMakers> GetCredentialMakersAsync(CancellationToken cancellationToken);
}
