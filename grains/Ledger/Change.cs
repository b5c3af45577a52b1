using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Ledger;

/// <summary>
/// Makes the <see cref="LedgerElement"/> of an administrative act: the entry that tells of it, the decision's read set and
/// the states that change with it are one commit.
/// </summary>
public static class Change
{
    /// <summary>An act by a caller: its read set holds the caller's versions, and it ends with the caller's token.</summary>
    /// <param name="caller">Who does it.</param>
    /// <param name="action">What is done, as <c>noun.verb</c>.</param>
    /// <param name="subjectType">The kind of what it is done to.</param>
    /// <param name="subjectId">The id of what it is done to.</param>
    /// <param name="changes">What changes.</param>
    /// <param name="time">The clock for the operation's id.</param>
    public static LedgerElement By(
        Caller caller, string action, string subjectType, string subjectId, Changes changes, TimeProvider time) => new()
        {
            Entry = new EntryDraft
            {
                OperationId = EntityId.New(IdPrefixes.Operation, time),
                Kind = EntryKind.Admin,
                Outcome = EntryOutcome.Success,
                Actor = caller.ToActor(),
                Address = caller.Address,
                Action = action,
                Subject = $"{subjectType}/{subjectId}",
                Changes = changes.ToJson(),
            },
            ReadSet = caller.Basis,
            Until = caller.Until,
        };

    /// <summary>The same, keeping the answer for the caller's idempotency key where the request bore one.</summary>
    public static LedgerElement Answering<T>(this LedgerElement change, Caller caller, T answer) => caller.Retry is not { } retry
        ? change
        : change with
        {
            Answer = new IdempotentAnswer(
                caller.Id,
                retry.Scope,
                retry.Key,
                Convert.FromHexString(retry.RequestHash),
                JsonSerializer.SerializeToUtf8Bytes(answer, ContractJson.Options)),
        };

    /// <summary>The same with the signer, and the grant, that it concerns.</summary>
    public static LedgerElement About(this LedgerElement change, string? signerId, string? signerName, string? grantId = null) =>
        change with { Entry = change.Entry! with { SignerId = signerId, SignerName = signerName, GrantId = grantId } };

    /// <summary>The same with more versions in its read set.</summary>
    public static LedgerElement Reading(this LedgerElement change, params IEnumerable<StateVersion> versions) =>
        change with { ReadSet = [.. change.ReadSet.Concat(versions).Distinct()] };

    /// <summary>The same with more states that change.</summary>
    public static LedgerElement Writing(this LedgerElement change, params IEnumerable<StateWrite> writes) =>
        change with { Writes = [.. change.Writes, .. writes] };

    /// <summary>Commits an act. What it replaces is checked by version anyway, so that leaves its read set.</summary>
    /// <exception cref="CommitRefusedException">It was refused; nothing was written.</exception>
    public static async Task RecordAsync(this ILedger ledger, LedgerElement change, CancellationToken cancellationToken)
    {
        var outcome = await ledger.CommitAsync(WithoutReplaced(change), cancellationToken);
        if (outcome is not CommitOutcome.Committed)
        {
            throw new CommitRefusedException(outcome);
        }
    }

    /// <summary>Commits an act that gives a state a name, which another may bear by then.</summary>
    /// <param name="ledger">Where it is recorded.</param>
    /// <param name="change">The act.</param>
    /// <param name="taken">The refusal's code where another bears the name.</param>
    /// <param name="detail">The refusal's sentence there.</param>
    /// <param name="cancellationToken">Cancels it unless it is being written.</param>
    /// <exception cref="RefusedException">Another bears the name; nothing was written.</exception>
    /// <exception cref="CommitRefusedException">It was refused for another reason; nothing was written.</exception>
    public static async Task RecordAsync(
        this ILedger ledger, LedgerElement change, ErrorCode taken, string detail, CancellationToken cancellationToken)
    {
        try
        {
            await ledger.RecordAsync(change, cancellationToken);
        }
        catch (CommitRefusedException refused) when (refused.Reason == CommitRefusal.NameTaken)
        {
            throw new RefusedException(taken, detail);
        }
    }

    private static LedgerElement WithoutReplaced(LedgerElement change)
    {
        var replaced = change.Writes.Select(write => new StateVersion(write.Type, write.Id, write.ExpectedVersion)).ToHashSet();
        return change with
        {
            ReadSet = [.. change.ReadSet.Where(version => !replaced.Contains(version))],
            With = [.. change.With.Select(WithoutReplaced)],
        };
    }
}
