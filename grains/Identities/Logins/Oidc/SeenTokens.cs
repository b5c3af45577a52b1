using System.Collections.Immutable;
using CodeSigning.Grains.States;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Identities.Logins.Oidc;

/// <summary>
/// Keeps a CI's token from being used by someone it leaked to. A build fetches one token and starts one signing tool
/// after another, each of which logs in with it, so using it more than once must work: by the same identity, from the
/// network that it was first used from. From anywhere else it is a replay. The row that remembers a token is written in the commit
/// of its first login, so that of two that race from two places one is refused; it is swept when the token has expired.
/// </summary>
internal static class SeenTokens
{
    private const int IdBytes = 16;

    /// <summary>What a login with this token rests on and writes; null where it is a replay.</summary>
    public static async Task<(ImmutableArray<StateVersion> Basis, StateWrite? Write)?> UseAsync(
        IStateStore store, VerifiedToken token, string identityId, string? address, CancellationToken cancellationToken)
    {
        var id = Convert.ToHexStringLower(token.Fingerprint.Span[..IdBytes]);
        var network = ClientNetwork.Of(address);
        if (await store.ReadAsync(StateTypes.SeenToken, id, cancellationToken) is { } stored)
        {
            var seen = stored.ReadAs<SeenTokenState>();
            return seen.IdentityId == identityId && seen.Network == network ? ([stored.ToVersion()], null) : null;
        }

        var first = new SeenTokenState { IdentityId = identityId, Network = network, ExpiresAt = token.ExpiresAt };
        return ([], new StateWrite(StateTypes.SeenToken, id, 0, StateJson.Write(first), first.ToIndex()));
    }
}
