using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Budgets;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using Microsoft.Extensions.Options;

namespace CodeSigning.Grains.Identities;

/// <summary>Decides from the stored rows whether a session is valid.</summary>
public sealed class LiveSessions(IStateStore store, IOptions<SignInOptions> options, TimeProvider time)
{
    /// <summary>The session if it, its principal and its credential are valid; null otherwise.</summary>
    public async Task<LiveSession?> FindAsync(string sessionId, CancellationToken cancellationToken)
    {
        if (await store.ReadAsync(StateTypes.Session, sessionId, cancellationToken) is not { } stored)
        {
            return null;
        }

        var session = stored.ReadAs<SessionState>();
        if (session.ExpiresAt <= time.GetUtcNow())
        {
            return null;
        }

        var caller = session.Principal.Kind == PrincipalKind.User
            ? await FindPersonAsync(session, cancellationToken)
            : await FindMachineAsync(session, cancellationToken);
        return caller is null
            ? null
            : new LiveSession(session.TokenHash, caller with
            {
                ReadSet = caller.ReadSet.Add(stored.ToVersion()),
                Until = session.ExpiresAt,
                SessionId = sessionId,
                SecondFactorAt = session.SecondFactorAt,
            });
    }

    private async Task<Caller?> FindPersonAsync(SessionState session, CancellationToken cancellationToken)
    {
        if (await store.ReadAsync(StateTypes.User, session.Principal.Id, cancellationToken) is not { } stored)
        {
            return null;
        }

        var user = stored.ReadAs<UserState>();
        return user.Status == PrincipalStatus.Active && user.SessionGeneration == session.Generation && MayBeHere(session, user)
            ? ToCaller(session, user.Name, user.Role, [stored.ToVersion()]) with
            {
                Obligation = Obligations.Of(
                    user, options.Value.SecondFactor, isProvedElsewhere: session is { Issuer: not null, SecondFactorAt: not null }),
            }
            : null;
    }

    // Where local accounts are switched off, sessions of before end with the node's start.
    private bool MayBeHere(SessionState session, UserState user) =>
        session.Issuer is not null || options.Value.AllowsLocalSignIn(user.Email);

    private async Task<Caller?> FindMachineAsync(SessionState session, CancellationToken cancellationToken)
    {
        if (await store.ReadAsync(StateTypes.Identity, session.Principal.Id, cancellationToken) is not { } stored)
        {
            return null;
        }

        var identity = stored.ReadAs<IdentityState>();
        if (identity.Status != PrincipalStatus.Active || identity.SessionGeneration != session.Generation
            || (session.BindingGeneration is { } binding && binding != identity.BindingGeneration))
        {
            return null;
        }

        if (session.SecretId is not { } secretId)
        {
            return ToCaller(session, identity.Name, ProductRole.Member, [stored.ToVersion()]);
        }

        return await store.ReadAsync(StateTypes.ClientSecret, secretId, cancellationToken) is { } secret
            ? ToCaller(session, identity.Name, ProductRole.Member, [stored.ToVersion(), secret.ToVersion()])
            : null;
    }

    private static Caller ToCaller(
        SessionState session, string name, ProductRole role, ImmutableArray<StateVersion> readSet) =>
        new(session.Principal.Kind, session.Principal.Id, name, role, readSet, null, null, null);
}

/// <summary>A session whose principal, generation and credential were valid when read from the store.</summary>
/// <param name="TokenHash">SHA-256 of its token.</param>
/// <param name="Caller">The session's principal, without a request's address.</param>
public sealed record LiveSession(ReadOnlyMemory<byte> TokenHash, Caller Caller);

/// <summary>
/// Begins and ends sessions. A session is one row without a ledger entry, since it is no administrative decision.
/// </summary>
public sealed class SessionRows(ILedger ledger, IStateStore store, IOptions<SessionOptions> options, TimeProvider time)
{
    private const int MaxAttempts = 5;
    private readonly PrincipalBudget _logins = new(options.Value.Logins, time);

    /// <summary>
    /// Begins the session that <paramref name="decide"/> allows. If its read set is stale at the commit, it decides
    /// again.
    /// </summary>
    /// <returns>The token; null if no session was allowed or the credential has no uses left.</returns>
    /// <exception cref="RefusedException"><c>RateLimited</c>: the authenticated principal logs in too often.</exception>
    internal async Task<IssuedToken?> BeginAsync(Func<Task<NewSession?>> decide, CancellationToken cancellationToken)
    {
        CommitOutcome? outcome = null;
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await decide() is not { } login)
            {
                return null;
            }

            if (attempt == 0)
            {
                Spend(login.Principal);
            }

            var id = EntityId.New(IdPrefixes.Session, time);
            var token = SessionToken.New(id);
            var session = ToState(login, token);
            outcome = await ledger.CommitAsync(ToElement(login, id, session), cancellationToken);
            switch (outcome)
            {
                case CommitOutcome.Committed:
                    return new IssuedToken(token, (long)(session.ExpiresAt - session.CreatedAt).TotalSeconds);
                case CommitOutcome.LimitReached:
                    return null;
            }
        }

        throw new CommitRefusedException(outcome!);
    }

    /// <summary>Ends one session of the caller. It is invalid for every request that begins after this returns.</summary>
    /// <exception cref="RefusedException"><c>NotFound</c> if the caller has no such session.</exception>
    internal async Task EndAsync(Caller caller, string sessionId, CancellationToken cancellationToken)
    {
        while (true)
        {
            var stored = await store.ReadAsync(StateTypes.Session, sessionId, cancellationToken);
            if (stored is null || stored.ReadAs<SessionState>().Principal != caller.ToRef())
            {
                throw new RefusedException(ErrorCode.NotFound, "The session does not exist.");
            }

            var removal = new StateWrite(StateTypes.Session, sessionId, stored.Version, null, StateIndex.None);
            switch (await ledger.CommitAsync(new LedgerElement { Writes = [removal] }, cancellationToken))
            {
                case CommitOutcome.Committed:
                    return;
                case CommitOutcome.Stale:
                    continue;
                case var other:
                    throw new InvalidOperationException($"Ending a session was refused as {other.GetType().Name}.");
            }
        }
    }

    /// <summary>
    /// The write that carries the caller's session over to the principal's next generation; none if the session has
    /// ended.
    /// </summary>
    /// <param name="caller">The caller.</param>
    /// <param name="generation">The next generation.</param>
    /// <param name="proved">The second factor that the caller proved just now; null for none.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    internal async Task<StateWrite[]> CarryOverAsync(
        Caller caller, long generation, AuthenticationMethod? proved, CancellationToken cancellationToken)
    {
        if (caller.SessionId is not { } id
            || await store.FindAsync<SessionState>(StateTypes.Session, id, cancellationToken) is not { } session)
        {
            return [];
        }

        var next = session.State with { Generation = generation };
        return [session.Replace(proved is { } method ? next.With(method, time.GetUtcNow()) : next)];
    }

    private void Spend(PrincipalRef principal)
    {
        if (!_logins.TrySpend(principal.Id, out var wait))
        {
            throw new RefusedException(
                ErrorCode.RateLimited, "Too many logins: reuse a token until it expires, and retry after the time in Retry-After.")
            {
                RetryAfter = wait,
            };
        }
    }

    private static LedgerElement ToElement(NewSession login, string id, SessionState session) => new()
    {
        Entry = login.Entry,
        With = login.With,
        ReadSet = login.ReadSet,
        Until = session.ExpiresAt,
        Writes = [Write(id, 0, session), .. login.AlsoWrite],
        Counters = login.Use is { } use ? [use] : [],
    };

    private SessionState ToState(NewSession login, string token)
    {
        var now = time.GetUtcNow();
        var end = now + (login.Principal.Kind == PrincipalKind.User ? options.Value.PersonTtl : options.Value.MachineTtl);
        return new SessionState
        {
            Principal = login.Principal,
            Generation = login.Generation,
            TokenHash = SessionToken.Hash(token),
            CreatedAt = now,
            ExpiresAt = login.LatestEnd < end ? login.LatestEnd.Value : end,
            Address = login.Origin.Address,
            UserAgent = login.Origin.UserAgent,
            SecretId = login.SecretId,
            BindingGeneration = login.BindingGeneration,
            Subject = login.Subject,
            Issuer = login.Issuer,
            ProviderSession = login.ProviderSession,
            Client = login.Client,
            Methods = login.Methods,
            SecondFactorAt = login.SecondFactorAt,
        };
    }

    private static StateWrite Write(string id, long version, SessionState session) =>
        new(StateTypes.Session, id, version, StateJson.Write(session), session.ToIndex());
}
