using System.Collections.Immutable;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Signers;

/// <summary>
/// Which grants of a signer its callers may try, what ends first before what ends later. Remembered for a second, so that
/// a fleet does not ask the store at each signature; asked again before anybody is turned away.
/// </summary>
internal sealed class LiveGrants(string signerId, IStateStore states, TimeProvider time)
{
    private const int MostTried = 100;
    private const int MostRemembered = 10_000;
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);
    private readonly Dictionary<PrincipalRef, (DateTimeOffset At, ImmutableArray<string> Ids)> _remembered = [];

    /// <summary>
    /// The caller's grants that were neither revoked nor, as far as is known, used up or over. Where there is none, the
    /// last one that ended: it does not serve, but knows what the caller should be told.
    /// </summary>
    public async ValueTask<ImmutableArray<string>> FindAsync(PrincipalRef grantee, bool fresh, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (!fresh && _remembered.TryGetValue(grantee, out var known) && now - known.At < MaxAge)
        {
            return known.Ids;
        }

        var stored = await states.ListAsync(
            new StateQuery(
                StateTypes.Grant,
                Parent: signerId,
                Statuses: ["active"],
                AnyLink: [grantee.ToLink()],
                Limit: MostTried),
            cancellationToken);
        ImmutableArray<string> ids =
        [
            .. stored
                .Select(row => row.ReadAs<GrantState>())
                .Where(grant => grant.WindowEnd is null || grant.WindowEnd > now)
                .OrderBy(grant => grant.WindowEnd ?? DateTimeOffset.MaxValue)
                .ThenBy(grant => grant.Id, StringComparer.Ordinal)
                .Select(grant => grant.Id),
        ];
        if (ids.IsEmpty)
        {
            var ended = await states.ListAsync(
                new StateQuery(StateTypes.Grant, Parent: signerId, AnyLink: [grantee.ToLink()], Limit: 1), cancellationToken);
            ids = [.. ended.Select(row => row.Id)];
        }

        if (_remembered.Count >= MostRemembered)
        {
            _remembered.Clear();
        }

        _remembered[grantee] = (now, ids);
        return ids;
    }
}
