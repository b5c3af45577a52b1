using System.Collections.Immutable;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Grains.Identities;

/// <summary>What an identity provider says of a person who signed in; its ID token was verified.</summary>
public sealed record ProviderSignIn
{
    /// <summary>Who the person is there.</summary>
    public required ExternalIdentity Identity { get; init; }

    /// <summary>The nonce of the sign-in, which counts once.</summary>
    public required string Nonce { get; init; }

    /// <summary>When the nonce cannot come back any more (UTC).</summary>
    public required DateTimeOffset NonceExpiresAt { get; init; }

    /// <summary>Names of the person, of which the first that can be a name here is taken.</summary>
    public ImmutableArray<string> Names { get; init; } = [];

    /// <summary>The name that others see; null if the provider gives none that can be one.</summary>
    internal string? Name => Names.Select(name => name.Trim()).FirstOrDefault(DisplayText.IsName);

    /// <summary>The address that the provider has verified.</summary>
    public string? Email { get; init; }

    /// <summary>The provider's names of the person's groups.</summary>
    public ImmutableArray<string> Groups { get; init; } = [];

    /// <summary>The provider's own session (<c>sid</c>).</summary>
    public string? ProviderSession { get; init; }

    /// <summary>When a second factor that counts here was proved there (UTC); null for none.</summary>
    public DateTimeOffset? SecondFactorAt { get; init; }

    /// <summary>The latest end of the session (UTC).</summary>
    public required DateTimeOffset LatestEnd { get; init; }
}

/// <summary>
/// Signs people in who were signed in at the identity provider. A person is found by issuer and subject alone; one who is
/// unknown comes in as a member without a right.
/// </summary>
public sealed class SingleSignOn(
    IStateStore store, SessionRows sessions, ExternalGroups groups, IObservations observations, TimeProvider time, ILogger<SingleSignOn> log)
{
    private const string NonceKind = "nonce";

    /// <summary>Begins a session.</summary>
    /// <exception cref="RefusedException">
    /// <c>Forbidden</c>: the person is disabled here; <c>Unauthenticated</c>: the sign-in was used before; <c>RateLimited</c>.
    /// </exception>
    public async Task<IssuedToken> LoginAsync(ProviderSignIn signIn, LoginOrigin origin, CancellationToken cancellationToken)
    {
        string? id = null;
        var token = await sessions.BeginAsync(DecideAsync, cancellationToken)
            ?? throw new InvalidOperationException("A sign-in at the identity provider has no limit of uses.");
        observations.NoteLogin(id!);
        return token;

        async Task<NewSession?> DecideAsync()
        {
            if (await UsedValue.WasUsedAsync(store, NonceKind, signIn.Nonce, cancellationToken))
            {
                log.LogWarning("A sign-in of {Subject} from {Address} was used before", signIn.Identity.Subject, origin.Address);
                throw new RefusedException(ErrorCode.Unauthenticated, "This sign-in was used before: begin another one.");
            }

            var person = await FindAsync(signIn, cancellationToken) ?? await DraftAsync(signIn, cancellationToken);
            id = person.Id;
            return await ToSessionAsync(person, signIn, origin, cancellationToken);
        }
    }

    private async Task<SignedInPerson?> FindAsync(ProviderSignIn signIn, CancellationToken cancellationToken)
    {
        var rowId = signIn.Identity.RowId;
        if (await store.FindAsync<ExternalIdentityState>(StateTypes.ExternalIdentity, rowId, cancellationToken) is not { } link)
        {
            return null;
        }

        var user = await store.FindAsync<UserState>(StateTypes.User, link.State.UserId, cancellationToken);
        if (user is null || user.State.External != signIn.Identity)
        {
            throw new StateTamperedException(StateTypes.ExternalIdentity, rowId);
        }

        if (user.State.Status != PrincipalStatus.Active)
        {
            log.LogInformation("Sign-in of {UserId} refused: the user is disabled", user.Id);
            throw new RefusedException(ErrorCode.Forbidden, "Your account here is disabled: ask a product administrator.");
        }

        var next = user.State.With(new UserChange(Name: signIn.Name));
        return next == user.State
            ? new SignedInPerson(user.Id, user.State, user.ToVersion(), null, [])
            : new SignedInPerson(user.Id, next, null, user.State, [user.Replace(next)]);
    }

    private async Task<SignedInPerson> DraftAsync(ProviderSignIn signIn, CancellationToken cancellationToken)
    {
        var id = EntityId.New(IdPrefixes.User, time);
        var user = new UserState
        {
            Name = signIn.Name ?? "Person of the identity provider",
            Email = await FindFreeEmailAsync(signIn.Email, cancellationToken) ?? "",
            External = signIn.Identity,
            CreatedAt = time.GetUtcNow(),
        };
        var link = new ExternalIdentityState { Issuer = signIn.Identity.Issuer, Subject = signIn.Identity.Subject, UserId = id };
        return new SignedInPerson(
            id,
            user,
            null,
            null,
            [StateWrite.New(StateTypes.User, id, user), StateWrite.New(StateTypes.ExternalIdentity, signIn.Identity.RowId, link)]);
    }

    // The address of another person is theirs, and makes nobody that person.
    private async Task<string?> FindFreeEmailAsync(string? email, CancellationToken cancellationToken) =>
        EmailAddress.Normalize(email) is { } address
        && await store.FindByNameAsync<UserState>(StateTypes.User, address, cancellationToken) is null
            ? address
            : null;

    private async Task<NewSession> ToSessionAsync(
        SignedInPerson person, ProviderSignIn signIn, LoginOrigin origin, CancellationToken cancellationToken)
    {
        var caller = Caller.Standing(new PrincipalRef(PrincipalKind.User, person.Id), person.State.Name) with { Address = origin.Address };
        var acts = await groups.FollowAsync(caller, signIn.Groups, cancellationToken);
        return new NewSession
        {
            Principal = caller.ToRef(),
            Generation = person.State.SessionGeneration,
            Origin = origin,
            ReadSet = person.Version is { } version ? [version] : [],
            LatestEnd = signIn.LatestEnd,
            Subject = signIn.Identity.Subject,
            Issuer = signIn.Identity.Issuer,
            ProviderSession = signIn.ProviderSession,
            Methods = [AuthenticationMethod.SingleSignOn],
            SecondFactorAt = signIn.SecondFactorAt,
            AlsoWrite = [UsedValue.Use(NonceKind, signIn.Nonce, signIn.NonceExpiresAt)],
            With = [.. ActsOf(person, caller), .. acts],
        };
    }

    private IEnumerable<LedgerElement> ActsOf(SignedInPerson person, Caller caller)
    {
        if (person.Writes.IsEmpty)
        {
            return [];
        }

        var (action, changes) = person.Before is { } before
            ? ("user.update", before.To(person.State))
            : ("user.create", Changes.Making(person.State.ToRecord()).Saying("external", person.State.External));
        return [Change.By(caller, action, StateTypes.User, person.Id, changes, time).Writing(person.Writes)];
    }

    /// <summary>A person who signs in.</summary>
    /// <param name="Id">The id.</param>
    /// <param name="State">The person after the sign-in.</param>
    /// <param name="Version">The version that the sign-in read; null where it writes the person.</param>
    /// <param name="Before">The person before the sign-in, where it changes them.</param>
    /// <param name="Writes">What it writes of the person.</param>
    private sealed record SignedInPerson(
        string Id, UserState State, Contract.StateVersion? Version, UserState? Before, ImmutableArray<StateWrite> Writes);
}
