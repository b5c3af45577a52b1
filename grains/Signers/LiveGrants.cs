using System.Collections.Immutable;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Signers;

/// <summary>
/// Which grants of a signer its callers may try, what ends first before what ends later. Remembered for a second, so that
/// a fleet does not ask the store at each signature; asked again before anybody is turned away.
/// </summary>
internal sealed class LiveGrants(string signerId, IStateStore states, TimeProvider time)
{
    private const int MostRead = 1000;
    private const int MostTried = 100;
    private const int MostRemembered = 10_000;
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);
    private readonly Dictionary<PrincipalRef, (DateTimeOffset At, ImmutableArray<GrantState> Grants)> _remembered = [];
    private int _rememberedGrants;

    /// <summary>
    /// The caller's grants that cover what is asked and were neither revoked nor, as far as is known, used up or over.
    /// Where there is none, those that do not serve, or the last one that ended: they know what the caller should be told.
    /// </summary>
    public async ValueTask<ImmutableArray<string>> FindAsync(
        PrincipalRef grantee,
        string certificateThumbprint,
        SigningQuestion question,
        bool fresh,
        CancellationToken cancellationToken)
    {
        var grants = await RecallAsync(grantee, fresh, cancellationToken);
        var now = question.Now(time);
        var fitting = grants.Where(grant => GrantRules.Check(grant, grantee, certificateThumbprint, question, now) is null);
        ImmutableArray<string> ids = [.. fitting.Take(MostTried).Select(grant => grant.Id)];
        return ids.IsEmpty ? [.. grants.Take(MostTried).Select(grant => grant.Id)] : ids;
    }

    private async ValueTask<ImmutableArray<GrantState>> RecallAsync(
        PrincipalRef grantee, bool fresh, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (!fresh && _remembered.TryGetValue(grantee, out var known) && now - known.At < MaxAge)
        {
            return known.Grants;
        }

        var grants = await ReadAsync(grantee, now, cancellationToken);
        Remember(grantee, now, grants);
        return grants;
    }

    private async Task<ImmutableArray<GrantState>> ReadAsync(
        PrincipalRef grantee, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var query = new StateQuery(StateTypes.Grant, Parent: signerId, AnyLink: [grantee.ToLink()]);
        // A grant whose window is over keeps its status: nobody writes its row then.
        var live = await states.ListAsync(
            query with { Statuses = ["active"], UntilAtLeast = now, Limit = MostRead }, cancellationToken);
        var found = live.Count > 0 ? live : await states.ListAsync(query with { Limit = 1 }, cancellationToken);
        return
        [
            .. found
                .Select(row => row.ReadAs<GrantState>())
                .OrderBy(grant => grant.WindowEnd ?? DateTimeOffset.MaxValue)
                .ThenBy(grant => grant.Id, StringComparer.Ordinal),
        ];
    }

    private void Remember(PrincipalRef grantee, DateTimeOffset at, ImmutableArray<GrantState> grants)
    {
        if (_remembered.Remove(grantee, out var previous))
        {
            _rememberedGrants -= previous.Grants.Length;
        }

        if (_remembered.Count >= MostRemembered || _rememberedGrants + grants.Length > MostRemembered)
        {
            _remembered.Clear();
            _rememberedGrants = 0;
        }

        _remembered.Add(grantee, (at, grants));
        _rememberedGrants += grants.Length;
    }
}
