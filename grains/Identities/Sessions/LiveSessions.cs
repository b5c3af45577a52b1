using System.Collections.Immutable;
using CodeSigning.Grains.Identities.Machines;
using CodeSigning.Grains.Identities.Users;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Identities.Sessions;

/// <summary>Decides whether a session is in force, from the rows themselves.</summary>
public sealed class LiveSessions(IStateStore store, TimeProvider time)
{
    /// <summary>The session if it, its principal and what it was begun with are in force; null otherwise.</summary>
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
                Basis = caller.Basis.Add(stored.ToVersion()),
                Until = session.ExpiresAt,
                SessionId = sessionId,
            });
    }

    private async Task<Caller?> FindPersonAsync(SessionState session, CancellationToken cancellationToken)
    {
        if (await store.ReadAsync(StateTypes.User, session.Principal.Id, cancellationToken) is not { } stored)
        {
            return null;
        }

        var user = stored.ReadAs<UserState>();
        return user.Status == PrincipalStatus.Active && user.SessionGeneration == session.Generation
            ? ToCaller(session, user.Name, user.Role, [stored.ToVersion()])
            : null;
    }

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
        SessionState session, string name, ProductRole role, ImmutableArray<StateVersion> basis) =>
        new(session.Principal.Kind, session.Principal.Id, name, role, basis, null, null, null);
}
