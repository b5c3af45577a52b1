using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Ledger;

/// <summary>
/// The unit of a commit: an entry, the writes that go with it, and the conditions under which they are valid. Nothing
/// in it depends on its place in the ledger: the writer assigns number, use, time and hashes.
/// </summary>
public sealed record LedgerElement
{
    /// <summary>The entry; null only for writes that are no decision (sessions, housekeeping).</summary>
    public EntryDraft? Entry { get; init; }

    /// <summary>The decision's read set. The commit refuses the element if one version is stale.</summary>
    public ImmutableArray<StateVersion> ReadSet { get; init; } = [];

    /// <summary>The exclusive end of the decision's validity by the database's clock; null for none.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The writes.</summary>
    public ImmutableArray<StateWrite> Writes { get; init; } = [];

    /// <summary>The use of a grant to take.</summary>
    public GrantUse? Use { get; init; }

    /// <summary>The answer to store for the idempotency key.</summary>
    public IdempotentAnswer? Answer { get; init; }

    /// <summary>
    /// Further acts of the same commit, each with its own entry, read set and writes, such as the certificate created
    /// with a signer. They take no use, store no answer and count nothing.
    /// </summary>
    public ImmutableArray<LedgerElement> With { get; init; } = [];

    /// <summary>Counters to increment, each up to its limit (a client secret's logins).</summary>
    public ImmutableArray<CounterUse> Counters { get; init; } = [];
}

/// <summary>An entry before it has a place in the ledger. The members are those of the contract's entry.</summary>
public sealed record EntryDraft
{
    /// <summary>The operation's id, <c>op_…</c>; unique in the ledger, ordered by time.</summary>
    public required string OperationId { get; init; }

    /// <summary>The kind of the entry.</summary>
    public required EntryKind Kind { get; init; }

    /// <summary>The outcome.</summary>
    public required EntryOutcome Outcome { get; init; }

    /// <summary>The error code of a failed or denied attempt.</summary>
    public string? Code { get; init; }

    /// <summary>The principal that acted.</summary>
    public required Actor Actor { get; init; }

    /// <summary>The client's address; null for acts of the system.</summary>
    public string? Address { get; init; }

    /// <summary>The signer concerned.</summary>
    public string? SignerId { get; init; }

    /// <summary>The signer's name at that time.</summary>
    public string? SignerName { get; init; }

    /// <summary>The certificate's serial number, lower-case hex.</summary>
    public string? CertificateSerial { get; init; }

    /// <summary>The signature scheme's wire name.</summary>
    public string? SigningAlgorithm { get; init; }

    /// <summary>Whether the submitted bytes were a digest.</summary>
    public bool? IsDigest { get; init; }

    /// <summary>The submitted bytes, 1 to 128.</summary>
    public ReadOnlyMemory<byte>? Data { get; init; }

    /// <summary>The signature that was returned.</summary>
    public ReadOnlyMemory<byte>? Signature { get; init; }

    /// <summary>The grant that the attempt used, or was denied under.</summary>
    public string? GrantId { get; init; }

    /// <summary>Whether the policy allowed a machine identity to sign without a grant.</summary>
    public bool Bypass { get; init; }

    /// <summary>The client's assertions about itself.</summary>
    public ImmutableSortedDictionary<string, string>? ClientMetadata { get; init; }

    /// <summary>The number of identical denials that this entry summarizes, if more than one.</summary>
    public int? Count { get; init; }

    /// <summary>The action of an administrative entry: <c>signer.create</c>, <c>grant.revoke</c> …</summary>
    public string? Action { get; init; }

    /// <summary>The subject of an administrative entry, as <c>type/id</c>.</summary>
    public string? Subject { get; init; }

    /// <summary>The changes as a UTF-8 JSON object; never contains a secret.</summary>
    public ReadOnlyMemory<byte>? Changes { get; init; }
}

/// <summary>
/// One use of a grant. Its number follows those in the ledger; the writer proposes it and checks it under lock.
/// </summary>
/// <param name="GrantId">The grant.</param>
/// <param name="Limit">The grant's total number of uses; null for unlimited.</param>
public sealed record GrantUse(string GrantId, long? Limit);

/// <summary>One use of something whose count is separate from its state; see <see cref="States.UseCountState"/>.</summary>
/// <param name="Id">The counter's id, such as a client secret's id.</param>
/// <param name="Limit">The limit that the commit enforces; null for unlimited.</param>
public sealed record CounterUse(string Id, long? Limit);

/// <summary>An answer stored for 24 hours for a client that retries with the same key.</summary>
/// <param name="Caller">The id of the calling principal.</param>
/// <param name="Scope">The operation and the resource.</param>
/// <param name="Key">The client's <c>Idempotency-Key</c>, 1 to 128 visible characters.</param>
/// <param name="RequestHash">SHA-256 of the request; another request with the same key is a client error.</param>
/// <param name="Answer">
/// The response body to repeat. It is sealed before it is stored, since it may contain a secret.
/// </param>
public sealed record IdempotentAnswer(
    string Caller, string Scope, string Key, ReadOnlyMemory<byte> RequestHash, ReadOnlyMemory<byte> Answer);
