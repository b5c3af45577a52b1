using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Recording;

/// <summary>Makes the <see cref="PendingChange"/> of an administrative act.</summary>
public static class Change
{
    /// <summary>
    /// An act by a caller, resting on the caller's versions and ending with the caller's token. Add with <c>with</c> what
    /// else it rests on.
    /// </summary>
    /// <param name="caller">Who does it.</param>
    /// <param name="action">What is done, as <c>noun.verb</c>.</param>
    /// <param name="subjectType">The kind of what it is done to.</param>
    /// <param name="subjectId">The id of what it is done to.</param>
    /// <param name="changes">What changes, serialised to a JSON object; never a secret.</param>
    /// <param name="time">The clock for the operation's id.</param>
    public static PendingChange By(
        Caller caller, string action, string subjectType, string subjectId, object changes, TimeProvider time) => new()
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
                Changes = JsonSerializer.SerializeToUtf8Bytes(changes, ContractJson.Options),
            },
            ReadSet = caller.Basis,
            Until = caller.Until,
        };

    /// <summary>The same, keeping the answer for the caller's idempotency key where the request bore one.</summary>
    public static PendingChange Answering<T>(this PendingChange change, Caller caller, T answer) => caller.Retry is not { } retry
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
}
