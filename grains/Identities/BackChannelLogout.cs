using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>A logout that an identity provider announced; its token was verified.</summary>
/// <param name="Issuer">The provider.</param>
/// <param name="TokenId">The token's id (<c>jti</c>), which counts once.</param>
/// <param name="ExpiresAt">When the token expires (UTC).</param>
/// <param name="Subject">The person, all of whose sessions end; null where the session is named alone.</param>
/// <param name="ProviderSession">The provider's session (<c>sid</c>), whose sessions here end; null for all of the person.</param>
public sealed record ProviderLogout(
    string Issuer, string TokenId, DateTimeOffset ExpiresAt, string? Subject, string? ProviderSession);

/// <summary>
/// Ends sessions at the identity provider's word (OpenID Connect Back-Channel Logout 1.0, section 2.7). They are invalid,
/// on every node, for each request that begins after this returns.
/// </summary>
public sealed class BackChannelLogout(IStateStore store, ILedger ledger, TimeProvider time)
{
    private const string Action = "user.endSessions";
    private const string TokenKind = "logout-token";
    private const int MaxAttempts = 5;

    /// <summary>Ends the sessions. A person or a session that is not known here is no error.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>: the token was used before.</exception>
    /// <exception cref="CommitRefusedException">The sessions kept changing.</exception>
    public async Task EndAsync(ProviderLogout logout, string? address, CancellationToken cancellationToken)
    {
        CommitOutcome? outcome = null;
        for (var attempt = 0; attempt < MaxAttempts && outcome is not CommitOutcome.Committed; attempt++)
        {
            if (await UsedValue.WasUsedAsync(store, TokenKind, KeyOf(logout), cancellationToken))
            {
                throw new RefusedException(ErrorCode.InvalidRequest, "The logout token was used before (jti).");
            }

            outcome = await ledger.CommitAsync(await DraftAsync(logout, address, cancellationToken), cancellationToken);
        }

        if (outcome is not CommitOutcome.Committed)
        {
            throw new CommitRefusedException(outcome!);
        }
    }

    private async Task<LedgerElement> DraftAsync(ProviderLogout logout, string? address, CancellationToken cancellationToken)
    {
        var acts = logout.ProviderSession is { } session
            ? await EndSessionAsync(logout, session, address, cancellationToken)
            : await EndAllAsync(logout, address, cancellationToken);
        return new LedgerElement
        {
            Writes = [UsedValue.Use(TokenKind, KeyOf(logout), logout.ExpiresAt)],
            With = [.. acts],
        };
    }

    private async Task<IReadOnlyList<LedgerElement>> EndSessionAsync(
        ProviderLogout logout, string providerSession, string? address, CancellationToken cancellationToken)
    {
        var query = new StateQuery(StateTypes.Session, AnyLink: [SessionState.LinkOf(logout.Issuer, providerSession)]);
        var rows = await store.ReadAllAsync<SessionState>(query, cancellationToken).ToListAsync(cancellationToken);
        var mine = rows.Where(row => row.State.Issuer == logout.Issuer && row.State.ProviderSession == providerSession
            && (logout.Subject is null || row.State.Subject == logout.Subject));
        return
        [
            .. from row in mine
               group row by row.State.Principal.Id into person
               select Record(person.Key, new { Sessions = person.Select(row => row.Id).ToArray() }, address).Writing(person.Select(row => row.Remove())),
        ];
    }

    private async Task<IReadOnlyList<LedgerElement>> EndAllAsync(
        ProviderLogout logout, string? address, CancellationToken cancellationToken)
    {
        var identity = new ExternalIdentity(logout.Issuer, logout.Subject!);
        if (await store.FindAsync<ExternalIdentityState>(StateTypes.ExternalIdentity, identity.RowId, cancellationToken) is not { } link
            || await store.FindAsync<UserState>(StateTypes.User, link.State.UserId, cancellationToken) is not { } user)
        {
            return [];
        }

        var next = user.State with { SessionGeneration = user.State.SessionGeneration + 1 };
        return [Record(user.Id, new { Sessions = "all" }, address).Writing(user.Replace(next))];
    }

    private LedgerElement Record(string userId, object ended, string? address) => Change.By(
        Caller.System with { Address = address },
        Action,
        StateTypes.User,
        userId,
        Changes.None.Saying("backChannelLogout", ended),
        time);

    private static string KeyOf(ProviderLogout logout) => UsedValue.Hash(logout.Issuer, logout.TokenId);
}
