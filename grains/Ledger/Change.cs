using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Ledger;

/// <summary>
/// Builds the <see cref="LedgerElement"/> of an administrative act: its entry, read set and writes are one commit.
/// </summary>
public static class Change
{
    /// <summary>
    /// An act by a caller. Its read set includes the caller's, and it is valid until the caller's token expires.
    /// </summary>
    /// <param name="caller">The caller.</param>
    /// <param name="action">The action, as <c>noun.verb</c>.</param>
    /// <param name="subjectType">The subject's type.</param>
    /// <param name="subjectId">The subject's id.</param>
    /// <param name="changes">The changes to record.</param>
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
            ReadSet = caller.ReadSet,
            Until = caller.Until,
        };

    /// <summary>Stores the answer for the caller's idempotency key, if the request has one.</summary>
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

    /// <summary>Sets the signer, and the grant, that the entry concerns.</summary>
    public static LedgerElement About(this LedgerElement change, string? signerId, string? signerName, string? grantId = null) =>
        change with { Entry = change.Entry! with { SignerId = signerId, SignerName = signerName, GrantId = grantId } };

    /// <summary>Adds versions to the read set.</summary>
    public static LedgerElement Reading(this LedgerElement change, params IEnumerable<StateVersion> versions) =>
        change with { ReadSet = [.. change.ReadSet.Concat(versions).Distinct()] };

    /// <summary>Adds writes.</summary>
    public static LedgerElement Writing(this LedgerElement change, params IEnumerable<StateWrite> writes) =>
        change with { Writes = [.. change.Writes, .. writes] };

    /// <summary>
    /// Commits an act. Versions that its writes replace are checked anyway, and are removed from the read set.
    /// </summary>
    /// <exception cref="CommitRefusedException">The commit was refused; nothing was written.</exception>
    public static async Task RecordAsync(this ILedger ledger, LedgerElement change, CancellationToken cancellationToken)
    {
        var outcome = await ledger.CommitAsync(WithoutReplaced(change), cancellationToken);
        if (outcome is not CommitOutcome.Committed)
        {
            throw new CommitRefusedException(outcome);
        }
    }

    /// <summary>Commits an act that names a state; another state may have taken the name meanwhile.</summary>
    /// <param name="ledger">The ledger.</param>
    /// <param name="change">The act.</param>
    /// <param name="taken">The error code if the name is taken.</param>
    /// <param name="detail">The error message if the name is taken.</param>
    /// <param name="cancellationToken">Cancels the call until the commit begins.</param>
    /// <exception cref="RefusedException">The name is taken; nothing was written.</exception>
    /// <exception cref="CommitRefusedException">The commit was refused for another reason; nothing was written.</exception>
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
