using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Administration;

/// <summary>The caller and its own sessions.</summary>
public sealed class OwnSessions(
    IStateStore store, SessionRows rows, UserService users, IdentityService identities, TimeProvider time)
{
    private const int MaxGroups = 100;

    /// <summary>The caller's valid sessions, newest first.</summary>
    public async Task<Page<SessionView>> ListAsync(
        Caller caller, int limit, string? before, CancellationToken cancellationToken)
    {
        var generation = await ReadGenerationAsync(caller, cancellationToken);
        var page = await store.ReadPageAsync(
            new StateQuery(
                StateTypes.Session, Parent: SessionState.ParentOf(caller.Id, generation), Before: before, Limit: limit),
            cancellationToken);
        var now = time.GetUtcNow();
        var items =
            from stored in page.Items
            let session = stored.ReadAs<SessionState>()
            where session.ExpiresAt > now
            select session.ToView(stored.Id, caller.SessionId);
        return new Page<SessionView>([.. items], page.Next);
    }

    /// <summary>The caller's identity, groups and current session.</summary>
    public async Task<MeView> DescribeAsync(Caller caller, CancellationToken cancellationToken)
    {
        var session = caller.SessionId is { } id ? await store.ReadAsync(StateTypes.Session, id, cancellationToken) : null;
        if (session is null)
        {
            throw Ended();
        }

        var groups = await store.ListAsync(
            new StateQuery(StateTypes.Group, AnyLink: [caller.ToRef().ToLink()], Limit: MaxGroups), cancellationToken);
        return new MeView(
            caller.Kind,
            caller.Id,
            caller.Name,
            caller.Role,
            [.. groups.Select(group => group.ReadAs<GroupState>().ToName(group.Id))],
            session.ReadAs<SessionState>().ToView(session.Id, session.Id),
            caller.Obligation);
    }

    /// <summary>Ends one session of the caller; <c>NotFound</c> if it has no such session.</summary>
    public Task EndAsync(Caller caller, string sessionId, CancellationToken cancellationToken) =>
        rows.EndAsync(caller, sessionId, cancellationToken);

    /// <summary>Ends all sessions of the caller, including the current one.</summary>
    public Task EndAllAsync(Caller caller, CancellationToken cancellationToken) => caller.Kind == PrincipalKind.User
        ? users.EndSessionsAsync(caller, cancellationToken)
        : identities.EndSessionsAsync(caller, cancellationToken);

    private async Task<long> ReadGenerationAsync(Caller caller, CancellationToken cancellationToken)
    {
        var type = caller.Kind == PrincipalKind.User ? StateTypes.User : StateTypes.Identity;
        var stored = await store.ReadAsync(type, caller.Id, cancellationToken)
            ?? throw Ended();
        return caller.Kind == PrincipalKind.User
            ? stored.ReadAs<UserState>().SessionGeneration
            : stored.ReadAs<IdentityState>().SessionGeneration;
    }

    private static RefusedException Ended() => new(ErrorCode.Unauthenticated, "The session has ended: sign in again.");
}
