using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Creates and changes machine identities and their client secrets. Product administrators only, unless stated
/// otherwise.
/// </summary>
/// <remarks>
/// Every method refuses with <see cref="RefusedException"/>. The identity's row lists its client secrets, so a decision
/// about them (who created a live one?) needs only that row, and its version shows whether they have changed.
/// </remarks>
public sealed class IdentityService(IStateStore store, ILedger ledger, TimeProvider time)
{
    /// <summary>The maximum number of client secrets of an identity.</summary>
    public const int MaxSecrets = 100;

    /// <summary>Creates an identity; <c>NameTaken</c> if the name is in use.</summary>
    public async Task<IdentityView> CreateAsync(
        Caller caller, CreateIdentity request, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var id = EntityId.New(IdPrefixes.Identity, time);
        var identity = new IdentityState
        {
            Name = DisplayText.ValidateName(request.Name),
            Description = DisplayText.ValidateDescription(request.Description),
            Secrets = [],
            CreatedAt = time.GetUtcNow(),
        };
        var view = identity.ToView(id);
        var change = Record(caller, "create", id, Changes.Making(identity.ToRecord())).Answering(caller, view);
        await SaveAsync(change.Writing(StateWrite.New(StateTypes.Identity, id, identity)), cancellationToken);
        return view;
    }

    /// <summary>Changes name, description or status.</summary>
    public async Task<IdentityView> UpdateAsync(
        Caller caller, string id, UpdateIdentity request, CancellationToken cancellationToken)
    {
        var identity = await AuthorizeAsync(caller, id, cancellationToken);
        if (request.Name is not null)
        {
            DisplayText.ValidateName(request.Name);
        }

        DisplayText.ValidateDescription(request.Description.Value);
        var next = identity.State.With(request);
        if (next != identity.State)
        {
            var change = Record(caller, "update", id, Changes.Between(identity.State.ToRecord(), next.ToRecord()));
            await SaveAsync(change.Writing(identity.Replace(next)), cancellationToken);
        }

        return next.ToView(id);
    }

    /// <summary>
    /// Deletes an identity and its client secrets; its tokens become invalid immediately, its ledger entries stay.
    /// </summary>
    public async Task DeleteAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        var identity = await AuthorizeAsync(caller, id, cancellationToken);
        var secrets = await ReadSecretsAsync(identity.State, cancellationToken);
        var change = Record(
            caller,
            "delete",
            id,
            Changes.Deleting(identity.State.ToRecord())
                .Removing("clientSecrets", secrets.Select(secret => secret.State.ToRecord(secret.Id))));
        await SaveAsync(
            change.Writing([identity.Remove(), .. secrets.Select(secret => secret.Remove())]), cancellationToken);
    }

    /// <summary>Creates a client secret; an identity has at most 100.</summary>
    public async Task<NewClientSecretView> CreateClientSecretAsync(
        Caller caller, string id, CreateClientSecret request, CancellationToken cancellationToken)
    {
        var identity = await AuthorizeAsync(caller, id, cancellationToken);
        var secretId = EntityId.New(IdPrefixes.ClientSecret, time);
        var text = ClientSecret.New(secretId);
        var secret = ToState(caller, id, request, text);
        if (identity.State.KnownSecrets.Length >= MaxSecrets)
        {
            throw new RefusedException(
                ErrorCode.Conflict, "A machine identity has at most 100 client secrets: revoke one that is no longer needed.");
        }

        var view = new NewClientSecretView(secretId, id, text, secret.ExpiresAt, secret.MaxUses);
        var change = Record(
            caller, "createClientSecret", id, Changes.None.Adding("clientSecrets", secret.ToRecord(secretId)));
        await SaveAsync(
            change.Answering(caller, view).Writing(
                [
                    identity.Replace(identity.State.WithSecret(new IssuedSecret(secretId, secret.CreatedBy, secret.ExpiresAt))),
                    StateWrite.New(StateTypes.ClientSecret, secretId, secret),
                    .. secret.MaxUses is null ? [] : new[] { UseCountState.Begin(secretId) },
                ]),
            cancellationToken);
        return view;
    }

    /// <summary>Deletes a client secret; sessions created with it end immediately.</summary>
    public async Task RevokeClientSecretAsync(
        Caller caller, string id, string secretId, CancellationToken cancellationToken)
    {
        var identity = await AuthorizeAsync(caller, id, cancellationToken);
        if (!EntityId.Is(IdPrefixes.ClientSecret, secretId)
            || await store.FindAsync<ClientSecretState>(StateTypes.ClientSecret, secretId, cancellationToken) is not { } secret
            || secret.State.IdentityId != id)
        {
            throw new RefusedException(ErrorCode.NotFound, "The machine identity has no client secret with this id.");
        }

        var change = Record(
            caller, "revokeClientSecret", id, Changes.None.Removing("clientSecrets", secret.State.ToRecord(secretId)));
        await SaveAsync(change.Writing(identity.Replace(identity.State.WithoutSecret(secretId)), secret.Remove()), cancellationToken);
    }

    /// <summary>Sets the OIDC binding; sessions created under the previous binding end.</summary>
    public async Task<IdentityView> BindOidcAsync(
        Caller caller, string id, OidcBinding binding, CancellationToken cancellationToken)
    {
        var identity = await AuthorizeAsync(caller, id, cancellationToken);
        OidcBindingRules.Validate(binding);
        var next = identity.State.Bound(binding, caller.Kind == PrincipalKind.User ? caller.Id : null);
        var changes = Changes.Between(identity.State.ToRecord(), next.ToRecord());
        if (changes.IsEmpty)
        {
            return identity.State.ToView(id);
        }

        await SaveAsync(Record(caller, "bindOidc", id, changes).Writing(identity.Replace(next)), cancellationToken);
        return next.ToView(id);
    }

    /// <summary>Removes the OIDC binding; sessions created under it end.</summary>
    public async Task<IdentityView> UnbindOidcAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        var identity = await AuthorizeAsync(caller, id, cancellationToken);
        if (identity.State.Oidc is null)
        {
            return identity.State.ToView(id);
        }

        var next = identity.State.Bound(null, null);
        var changes = Changes.Between(identity.State.ToRecord(), next.ToRecord());
        await SaveAsync(Record(caller, "unbindOidc", id, changes).Writing(identity.Replace(next)), cancellationToken);
        return next.ToView(id);
    }

    /// <summary>Ends all sessions of the calling identity, including the current one.</summary>
    public async Task EndSessionsAsync(Caller caller, CancellationToken cancellationToken)
    {
        var identity = await RequireAsync(caller.Id, cancellationToken);
        var next = identity.State with { SessionGeneration = identity.State.SessionGeneration + 1 };
        var ended = Record(caller, "endSessions", caller.Id, Changes.None.Saying("sessions", "ended"));
        await SaveAsync(ended.Writing(identity.Replace(next)), cancellationToken);
    }

    private ClientSecretState ToState(Caller caller, string id, CreateClientSecret request, string text)
    {
        var ttl = TimeSpan.Zero;
        if (request.Ttl is not null && !Duration.TryParse(request.Ttl, out ttl))
        {
            throw new RefusedException(ErrorCode.InvalidRequest, "The field 'ttl' is invalid: expected a duration such as 12h or 90d, at most 3650 days.");
        }

        if (request.MaxUses is < 1)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, "The field 'maxUses' is invalid: expected 1 or more.");
        }

        var now = time.GetUtcNow();
        return new ClientSecretState
        {
            IdentityId = id,
            Hash = ClientSecret.Hash(text),
            Description = DisplayText.ValidateDescription(request.Description),
            CreatedAt = now,
            CreatedBy = caller.ToRef(),
            ExpiresAt = request.Ttl is null ? null : now + ttl,
            MaxUses = request.MaxUses,
        };
    }

    private async Task<IReadOnlyList<Row<ClientSecretState>>> ReadSecretsAsync(IdentityState identity, CancellationToken cancellationToken)
    {
        var ids = identity.KnownSecrets.Select(secret => secret.Id).ToArray();
        var rows = await StateRows.ReadAsync(store, ids.Select(id => (StateTypes.ClientSecret, id)), cancellationToken);
        return [.. ids.Select(id => rows.Find<ClientSecretState>(StateTypes.ClientSecret, id)).OfType<Row<ClientSecretState>>()];
    }

    private LedgerElement Record(Caller caller, string act, string id, Changes changes) =>
        Change.By(caller, "identity." + act, StateTypes.Identity, id, changes, time);

    private Task SaveAsync(LedgerElement change, CancellationToken cancellationToken) =>
        ledger.RecordAsync(change, ErrorCode.NameTaken, "The name is already used by another machine identity.", cancellationToken);

    private Task<Row<IdentityState>> AuthorizeAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        return RequireAsync(id, cancellationToken);
    }

    private async Task<Row<IdentityState>> RequireAsync(string id, CancellationToken cancellationToken) =>
        await store.FindAsync<IdentityState>(StateTypes.Identity, id, cancellationToken)
        ?? throw new RefusedException(ErrorCode.NotFound, "The machine identity does not exist.");
}

/// <summary>
/// Reads machine identities and their client secrets from their rows. Product administrators see all of them; other
/// people see ids and names; an identity sees itself.
/// </summary>
public sealed class IdentityDirectory(IStateStore store, IObservations observations)
{
    /// <summary>One page.</summary>
    public async Task<Page<IdentityView>> ListAsync(
        Caller caller, DirectoryQuery query, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireReader(caller);
        var name = query.Name is null ? null : DisplayText.ValidateName(query.Name, "The parameter 'name'");
        var page = await store.ReadPageAsync(
            new StateQuery(StateTypes.Identity, Name: name, Before: query.Before, Limit: query.Limit), cancellationToken);
        var logins = await observations.ReadLoginsAsync(
            [.. page.Items.Select(stored => stored.Id).Where(id => ProductAuthority.MaySeeAll(caller, id))], cancellationToken);
        return new Page<IdentityView>([.. page.Items.Select(stored => ToView(caller, stored, logins))], page.Next);
    }

    /// <summary>One identity; <c>NotFound</c> if it does not exist.</summary>
    public async Task<IdentityView> GetAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        if (caller.Id != id)
        {
            ProductAuthority.RequireReader(caller);
        }

        var stored = await store.ReadAsync(StateTypes.Identity, id, cancellationToken)
            ?? throw new RefusedException(ErrorCode.NotFound, "The machine identity does not exist.");
        return ToView(caller, stored, await observations.ReadLoginsAsync([id], cancellationToken));
    }

    /// <summary>One page of an identity's client secrets, without the secrets. Product administrators only.</summary>
    public async Task<Page<ClientSecretView>> ListClientSecretsAsync(
        Caller caller, string identityId, DirectoryQuery query, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        await GetAsync(caller, identityId, cancellationToken);
        var page = await store.ReadPageAsync(
            new StateQuery(StateTypes.ClientSecret, Parent: identityId, Before: query.Before, Limit: query.Limit), cancellationToken);
        var logins = await observations.ReadLoginsAsync([.. page.Items.Select(stored => stored.Id)], cancellationToken);
        var secrets = page.Items.Select(stored => (stored.Id, State: stored.ReadAs<ClientSecretState>())).ToArray();
        var names = await PrincipalNames.ReadAsync(store, caller, secrets.Select(secret => secret.State.CreatedBy), cancellationToken);
        var items = secrets.Select(secret => secret.State.ToView(secret.Id, logins.GetValueOrDefault(secret.Id), names));
        return new Page<ClientSecretView>([.. items], page.Next);
    }

    private static IdentityView ToView(
        Caller caller, StoredState stored, IReadOnlyDictionary<string, Observation> logins)
    {
        var identity = stored.ReadAs<IdentityState>();
        return ProductAuthority.MaySeeAll(caller, stored.Id)
            ? identity.ToView(stored.Id, logins.GetValueOrDefault(stored.Id)?.LastAt)
            : identity.ToName(stored.Id);
    }
}
