using System.Collections.Immutable;
using System.Text;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Proves second factors. What a code uses up is a row that the caller commits with what the proof is for, and a wrong code
/// is counted in the same row before it is answered: of attempts at the same time, on any nodes, one is decided after the
/// other. No code counts twice, and no more of them are tried than the rule allows.
/// </summary>
public sealed class SecondFactors(IStateStore store, ILedger ledger, ISecretSealer sealer, TimeProvider time)
{
    /// <summary>Encrypts the secret of an enrolled authenticator app.</summary>
    internal byte[] Seal(byte[] secret, string userId) => sealer.Seal(secret, Context(userId));

    /// <summary>Proves a code.</summary>
    /// <param name="caller">The person, as the entry of a used recovery code names it.</param>
    /// <param name="factor">The person's authenticator app.</param>
    /// <param name="code">A code of the app, or a recovery code.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The proof; null if the code is wrong, which is then counted.</returns>
    /// <exception cref="RefusedException"><c>RateLimited</c>: too many codes were wrong.</exception>
    /// <exception cref="StateTamperedException">The row of what was used is missing, or the secret was changed.</exception>
    internal async Task<ProvedFactor?> ProveAsync(Caller caller, TotpFactor factor, string code, CancellationToken cancellationToken)
    {
        var secret = sealer.TryOpen(factor.SealedSecret, Context(caller.Id), out var opened)
            ? opened
            : throw new StateTamperedException(StateTypes.User, caller.Id);
        while (true)
        {
            var used = await FindAsync(caller.Id, cancellationToken) ?? throw new StateTamperedException(StateTypes.SecondFactor, caller.Id);
            switch (SecondFactorRules.Decide(used.State, secret, caller.Id, code, time.GetUtcNow()))
            {
                case FactorDecision.Proved proved:
                    return new ProvedFactor(proved.Method, used.Replace(proved.Next), EntryOf(caller, proved));
                case FactorDecision.Blocked blocked:
                    throw new RefusedException(
                        ErrorCode.RateLimited, "Too many wrong codes: retry after the time in Retry-After, or use a recovery code.")
                    {
                        RetryAfter = blocked.Wait,
                    };
                case FactorDecision.Wrong wrong when await IsCountedAsync(used.Replace(wrong.Next), cancellationToken):
                    return null;
            }
        }
    }

    /// <summary>What was used; null if there is no such row.</summary>
    internal Task<Row<SecondFactorState>?> FindAsync(string userId, CancellationToken cancellationToken) =>
        store.FindAsync<SecondFactorState>(StateTypes.SecondFactor, userId, cancellationToken);

    /// <summary>The write that begins the row of a new factor, with the step that confirmed it.</summary>
    internal static StateWrite Begin(string userId, long step, ImmutableArray<string> recoveryCodes) => StateWrite.New(
        StateTypes.SecondFactor,
        userId,
        new SecondFactorState { LastStep = step, RecoveryCodes = RecoveryCodes.Hash(userId, recoveryCodes) });

    // Another attempt may be decided at the same time: then this one is decided again.
    private async Task<bool> IsCountedAsync(StateWrite failure, CancellationToken cancellationToken) =>
        await ledger.CommitAsync(new LedgerElement { Writes = [failure] }, cancellationToken) switch
        {
            CommitOutcome.Committed => true,
            CommitOutcome.Stale => false,
            var other => throw new InvalidOperationException($"Counting a wrong code was refused as {other.GetType().Name}."),
        };

    private EntryDraft? EntryOf(Caller caller, FactorDecision.Proved proved) => proved.Method == AuthenticationMethod.RecoveryCode
        ? Change.By(
            caller,
            "user.useRecoveryCode",
            StateTypes.User,
            caller.Id,
            Changes.None.Saying("recoveryCodesLeft", proved.Next.RecoveryCodes.Length),
            time).Entry
        : null;

    private static byte[] Context(string userId) => Encoding.ASCII.GetBytes("totp/" + userId);
}

/// <summary>A proved second factor, to be committed with what it was proved for.</summary>
/// <param name="Method">Which one.</param>
/// <param name="Write">The write that uses the code up.</param>
/// <param name="Entry">The entry of a used recovery code; null for a code of the app.</param>
internal sealed record ProvedFactor(AuthenticationMethod Method, StateWrite Write, EntryDraft? Entry);

/// <summary>The rows that go with a person's second factor.</summary>
internal static class SecondFactorRows
{
    /// <summary>The writes that remove them.</summary>
    public static async Task<ImmutableArray<StateWrite>> RemoveAsync(IStateStore store, string userId, CancellationToken cancellationToken)
    {
        var rows = await store.ReadManyAsync([(StateTypes.SecondFactor, userId), (StateTypes.TotpEnrolment, userId)], cancellationToken);
        return [.. rows.Select(row => new StateWrite(row.Type, row.Id, row.Version, null, StateIndex.None))];
    }
}
