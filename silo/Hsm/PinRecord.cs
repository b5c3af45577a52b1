using System.Security.Cryptography;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Hsm;

/// <summary>Whether a PIN may be tried.</summary>
internal interface IPinRecord
{
    /// <summary>Logs in unless this PIN is known to be wrong, and records the outcome for all nodes and all later starts.</summary>
    /// <param name="token">What tells the token from others.</param>
    /// <param name="pin">The PIN.</param>
    /// <param name="login">Tries it: whether the token took it.</param>
    /// <param name="cancellationToken">Cancels the wait for another node's attempt.</param>
    /// <exception cref="PinRefusedException">The token did not take it, now or before.</exception>
    Task LoginAsync(string token, byte[] pin, Func<Task<bool>> login, CancellationToken cancellationToken);
}

/// <summary>
/// The outcome of the last PIN that was tried on a token, in the shared store under a keyed hash of the PIN. A PIN is tried
/// by one node at a time, and one that failed not again until its source has changed: a restart loop, or a second node, never
/// locks a token. The attempt is recorded before it is made, since the process may end in it.
/// </summary>
internal sealed class PinRecord(IStateStore store, ILedger ledger, IStateSealer sealer, TimeProvider time) : IPinRecord
{
    private const int MostUnknown = 2;
    private const int MostWrites = 120;

    // Domain of the hash; no state has this type.
    private const string HashDomain = "token-pin-hash";

    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan WriteInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc/>
    public async Task LoginAsync(string token, byte[] pin, Func<Task<bool>> login, CancellationToken cancellationToken)
    {
        var id = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(token)));
        var hash = Convert.ToHexStringLower(sealer.Seal(HashDomain, id, 1, pin));
        await BeginAsync(id, hash, cancellationToken);

        // From here on the outcome is recorded whatever becomes of the caller.
        bool? taken = null;
        try
        {
            taken = await login();
        }
        finally
        {
            await EndAsync(id, hash, taken);
        }

        if (taken == false)
        {
            throw new PinRefusedException(
                "the token refused the PIN, which is not tried again until its source has changed");
        }
    }

    private async Task BeginAsync(string id, string hash, CancellationToken cancellationToken)
    {
        while (true)
        {
            var row = await store.FindAsync<PinState>(StateTypes.TokenPin, id, cancellationToken);
            var known = row?.State.Hash == hash ? row.State : null;
            if (known is { Outcome: PinOutcome.Refused })
            {
                throw new PinRefusedException(
                    "the token refused this PIN before; it is not tried again until its source has changed, so that the token is not locked");
            }

            var isUnderWay = row?.State.Outcome == PinOutcome.UnderWay;
            if (isUnderWay && time.GetUtcNow() < row!.State.At + AttemptTimeout)
            {
                await Task.Delay(Poll, time, cancellationToken);
                continue;
            }

            var unknown = isUnderWay && known is not null ? known.Unknown + 1 : 0;
            if (unknown >= MostUnknown)
            {
                throw new PinRefusedException(
                    $"{unknown} attempts to log in with this PIN ended without an outcome; it is not tried again until its source has changed");
            }

            if (await TryWriteAsync(row, id, new PinState(hash, PinOutcome.UnderWay, time.GetUtcNow(), unknown), cancellationToken))
            {
                return;
            }
        }
    }

    private async Task EndAsync(string id, string hash, bool? taken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await RecordAsync(id, hash, taken);
                return;
            }
            catch (Exception away) when (away is StoreUnavailableException or LedgerUnavailableException && attempt < MostWrites)
            {
                await Task.Delay(WriteInterval, time);
            }
        }
    }

    private async Task RecordAsync(string id, string hash, bool? taken)
    {
        while (true)
        {
            // The row is this node's until the attempt has timed out.
            var row = await store.FindAsync<PinState>(StateTypes.TokenPin, id, CancellationToken.None);
            if (row?.State is not { Outcome: PinOutcome.UnderWay } state || state.Hash != hash)
            {
                return;
            }

            var outcome = taken switch
            {
                true => PinOutcome.Taken,
                false => PinOutcome.Refused,
                null => PinOutcome.NotTried,
            };
            if (await TryWriteAsync(row, id, new PinState(hash, outcome, time.GetUtcNow(), 0), CancellationToken.None))
            {
                return;
            }
        }
    }

    private async Task<bool> TryWriteAsync(Row<PinState>? row, string id, PinState next, CancellationToken cancellationToken)
    {
        var write = row?.Replace(next) ?? StateWrite.New(StateTypes.TokenPin, id, next);
        return await ledger.CommitAsync(new LedgerElement { Writes = [write] }, cancellationToken) switch
        {
            CommitOutcome.Committed => true,
            CommitOutcome.Stale => false,
            var outcome => throw new InvalidOperationException($"The outcome of a PIN could not be stored: {outcome}."),
        };
    }
}

/// <summary>The last PIN that was tried on a token.</summary>
/// <param name="Hash">A keyed hash of the PIN and the token.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="At">When (UTC).</param>
/// <param name="Unknown">How many attempts with it in a row ended without an outcome.</param>
internal sealed record PinState(string Hash, PinOutcome Outcome, DateTimeOffset At, int Unknown) : IIndexedState
{
    /// <summary>The state type, for verification.</summary>
    public static StateKind Kind { get; } = StateKind.Of<PinState>(StateTypes.TokenPin);

    /// <inheritdoc/>
    public StateIndex ToIndex() => StateIndex.None;
}

/// <summary>What became of a PIN. The values are stored: never renumber or reuse them.</summary>
internal enum PinOutcome
{
    /// <summary>It is being tried, or the process ended in that.</summary>
    UnderWay = 1,

    /// <summary>The token took it.</summary>
    Taken = 2,

    /// <summary>The token refused it.</summary>
    Refused = 3,

    /// <summary>The token was away before it could judge.</summary>
    NotTried = 4,
}
