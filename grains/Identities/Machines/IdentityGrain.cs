using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities.Machines;

/// <inheritdoc cref="IIdentityGrain"/>
/// <remarks>
/// Each change to a client secret writes the identity's row too, though nothing in it changes. Its version then tells who
/// decided something on the list of an identity's secrets (who made a live one?) that the list is another by now.
/// </remarks>
internal sealed class IdentityGrain(
    [PersistentState(StateTypes.Identity, "ledger")] IPersistentState<IdentityState> state,
    IStateStore store,
    TimeProvider time) : Grain, IIdentityGrain
{
    private const int MaxSecrets = 100;

    private string Id => this.GetPrimaryKeyString();

    public async Task<IdentityView> CreateAsync(
        Caller caller, CreateIdentity request, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandAdministrator(caller);
        var next = new IdentityState
        {
            Name = DisplayText.DemandName(request.Name),
            Description = DisplayText.DemandDescription(request.Description),
            CreatedAt = time.GetUtcNow(),
        };
        await state.ReadStateAsync(cancellationToken);
        if (state.RecordExists)
        {
            throw new RefusedException(ErrorCode.Conflict, "This machine identity exists already.");
        }

        var view = next.ToView(Id);
        var record = Record(caller, "create", new { next.Name, next.Description }).Answering(caller, view);
        await SaveAsync(next, record, cancellationToken);
        return view;
    }

    public async Task<IdentityView> UpdateAsync(
        Caller caller, UpdateIdentity request, CancellationToken cancellationToken)
    {
        var current = await DemandAsync(caller, cancellationToken);
        if (request.Name is not null)
        {
            DisplayText.DemandName(request.Name);
        }

        DisplayText.DemandDescription(request.Description.Value);
        var next = current.With(request);
        if (next != current)
        {
            await SaveAsync(next, Record(caller, "update", new { next.Name, next.Description, next.Status }), cancellationToken);
        }

        return next.ToView(Id);
    }

    public async Task DeleteAsync(Caller caller, CancellationToken cancellationToken)
    {
        var current = await DemandAsync(caller, cancellationToken);
        var secrets = await ListSecretsAsync(cancellationToken);
        var record = Record(caller, "delete", new { current.Name, ClientSecrets = secrets.Select(secret => secret.Id) }) with
        {
            AlsoWrites = [.. secrets.Select(Removal)],
        };
        await state.ClearRecordedAsync(record, cancellationToken);
        DeactivateOnIdle();
    }

    public async Task<NewClientSecretView> CreateClientSecretAsync(
        Caller caller, CreateClientSecret request, CancellationToken cancellationToken)
    {
        var current = await DemandAsync(caller, cancellationToken);
        var secretId = EntityId.New(IdPrefixes.ClientSecret, time);
        var text = ClientSecret.New(secretId);
        var secret = ToState(caller, request, text);
        if ((await ListSecretsAsync(cancellationToken)).Count >= MaxSecrets)
        {
            throw new RefusedException(
                ErrorCode.Conflict, "A machine identity has at most 100 client secrets. Revoke one that is no longer needed.");
        }

        var view = new NewClientSecretView(secretId, Id, text, secret.ExpiresAt, secret.MaxUses);
        var record = Record(
            caller, "createClientSecret", new { ClientSecretId = secretId, secret.Description, secret.ExpiresAt, secret.MaxUses });
        var write = new StateWrite(StateTypes.ClientSecret, secretId, 0, StateJson.Write(secret), secret.ToIndex());
        await SaveAsync(current, record.Answering(caller, view) with { AlsoWrites = [write] }, cancellationToken);
        return view;
    }

    public async Task RevokeClientSecretAsync(Caller caller, string secretId, CancellationToken cancellationToken)
    {
        var current = await DemandAsync(caller, cancellationToken);
        if (!EntityId.Is(IdPrefixes.ClientSecret, secretId)
            || await store.ReadAsync(StateTypes.ClientSecret, secretId, cancellationToken) is not { } stored
            || stored.ReadAs<ClientSecretState>().IdentityId != Id)
        {
            throw new RefusedException(ErrorCode.NotFound, "This machine identity has no such client secret.");
        }

        var record = Record(caller, "revokeClientSecret", new { ClientSecretId = secretId });
        await SaveAsync(current, record with { AlsoWrites = [Removal(stored)] }, cancellationToken);
    }

    public async Task<IdentityView> BindOidcAsync(Caller caller, OidcBinding binding, CancellationToken cancellationToken)
    {
        var current = await DemandAsync(caller, cancellationToken);
        OidcBindingRules.Demand(binding);
        var next = current.Bound(binding, caller.Kind == PrincipalKind.User ? caller.Id : null);
        await SaveAsync(next, Record(caller, "bindOidc", binding), cancellationToken);
        return next.ToView(Id);
    }

    public async Task<IdentityView> UnbindOidcAsync(Caller caller, CancellationToken cancellationToken)
    {
        var current = await DemandAsync(caller, cancellationToken);
        if (current.Oidc is null)
        {
            return current.ToView(Id);
        }

        var next = current.Bound(null, null);
        await SaveAsync(next, Record(caller, "unbindOidc", new { }), cancellationToken);
        return next.ToView(Id);
    }

    public async Task EndSessionsAsync(Caller caller, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandSelf(caller, Id);
        var current = await DemandAsync(cancellationToken);
        var next = current with { SessionGeneration = current.SessionGeneration + 1 };
        await SaveAsync(next, Record(caller, "endSessions", new { }), cancellationToken);
    }

    public async Task<PrincipalFacts> GetFactsAsync()
    {
        await state.ReadStateAsync(CancellationToken.None);
        var version = state.VersionOf(StateTypes.Identity, Id);
        return state.RecordExists
            ? new PrincipalFacts(version, state.State.Name, state.State.Status)
            : new PrincipalFacts(version, "", PrincipalStatus.Disabled);
    }

    public async Task<CredentialMakers> GetCredentialMakersAsync(CancellationToken cancellationToken)
    {
        await state.ReadStateAsync(cancellationToken);
        var now = time.GetUtcNow();
        var makers =
            from stored in await ListSecretsAsync(cancellationToken)
            let secret = stored.ReadAs<ClientSecretState>()
            where secret.CreatedBy.Kind == PrincipalKind.User && !secret.IsExpired(now)
            select secret.CreatedBy.Id;
        return new CredentialMakers(
            state.VersionOf(StateTypes.Identity, Id),
            [.. makers.Concat(state.State.OidcSetBy is { } setBy ? [setBy] : []).Distinct()]);
    }

    private ClientSecretState ToState(Caller caller, CreateClientSecret request, string text)
    {
        var ttl = TimeSpan.Zero;
        if (request.Ttl is not null && !Duration.TryParse(request.Ttl, out ttl))
        {
            throw new RefusedException(ErrorCode.InvalidRequest, "The ttl is a duration such as 12h or 90d, of at most 3650 days.");
        }

        if (request.MaxUses is < 1)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, "maxUses is 1 or more.");
        }

        var now = time.GetUtcNow();
        return new ClientSecretState
        {
            IdentityId = Id,
            Hash = ClientSecret.Hash(text),
            Description = DisplayText.DemandDescription(request.Description),
            CreatedAt = now,
            CreatedBy = caller.ToRef(),
            ExpiresAt = request.Ttl is null ? null : now + ttl,
            MaxUses = request.MaxUses,
        };
    }

    private Task<IReadOnlyList<StoredState>> ListSecretsAsync(CancellationToken cancellationToken) => store.ListAsync(
        new StateQuery(StateTypes.ClientSecret, Parent: Id, Limit: MaxSecrets), cancellationToken);

    private PendingChange Record(Caller caller, string act, object changes) =>
        Change.By(caller, "identity." + act, StateTypes.Identity, Id, changes, time);

    private async Task SaveAsync(IdentityState next, PendingChange record, CancellationToken cancellationToken)
    {
        try
        {
            await state.WriteRecordedAsync(next, record, cancellationToken);
        }
        catch (CommitRefusedException refusal) when (refusal.Reason == CommitRefusal.NameTaken)
        {
            throw new RefusedException(ErrorCode.NameTaken, "Another machine identity has this name.");
        }
    }

    private Task<IdentityState> DemandAsync(Caller caller, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandAdministrator(caller);
        return DemandAsync(cancellationToken);
    }

    private async Task<IdentityState> DemandAsync(CancellationToken cancellationToken)
    {
        await state.ReadStateAsync(cancellationToken);
        return state.RecordExists
            ? state.State
            : throw new RefusedException(ErrorCode.NotFound, "There is no such machine identity.");
    }

    private static StateWrite Removal(StoredState stored) =>
        new(stored.Type, stored.Id, stored.Version, null, StateIndex.None);
}
