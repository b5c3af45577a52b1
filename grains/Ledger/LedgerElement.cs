using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Ledger;

/// <summary>
/// What is committed together or not at all: an entry, the states that change with it, and all that must still be true
/// for it to be so. Nothing in it depends on its place in the ledger: number, use, time and hashes are the writer's.
/// </summary>
public sealed record LedgerElement
{
    /// <summary>The entry that tells of it; null only for what is no one's decision (a login's session, housekeeping).</summary>
    public EntryDraft? Entry { get; init; }

    /// <summary>The states that the decision rested on. The commit refuses the element if one has another version by then.</summary>
    public ImmutableArray<StateVersion> ReadSet { get; init; } = [];

    /// <summary>The decision holds before this time by the database's clock, and not at it or after; null for ever.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The states that change.</summary>
    public ImmutableArray<StateWrite> Writes { get; init; } = [];

    /// <summary>The grant that one use is taken of.</summary>
    public GrantUse? Use { get; init; }

    /// <summary>The answer to give again to the same idempotency key.</summary>
    public IdempotentAnswer? Answer { get; init; }

    /// <summary>
    /// Further acts of the same commit, each with an entry, versions and writes of its own: the certificate that is made
    /// with a signer. They take no use, keep no answer and count nothing.
    /// </summary>
    public ImmutableArray<LedgerElement> With { get; init; } = [];

    /// <summary>Counters that grow by one, each up to its limit (a client secret's logins).</summary>
    public ImmutableArray<CounterUse> Counters { get; init; } = [];
}

/// <summary>An entry before it has its place in the ledger. The members are those of the contract's entry.</summary>
public sealed record EntryDraft
{
    /// <summary>The operation's id, <c>op_…</c>; unique in the ledger, ordered by time.</summary>
    public required string OperationId { get; init; }

    /// <summary>What the entry tells of.</summary>
    public required EntryKind Kind { get; init; }

    /// <summary>What came of it.</summary>
    public required EntryOutcome Outcome { get; init; }

    /// <summary>The error code of a failed or denied attempt.</summary>
    public string? Code { get; init; }

    /// <summary>Who did it.</summary>
    public required Actor Actor { get; init; }

    /// <summary>The address it came from; null for the system's own.</summary>
    public string? Address { get; init; }

    /// <summary>The signer concerned.</summary>
    public string? SignerId { get; init; }

    /// <summary>The signer's name then.</summary>
    public string? SignerName { get; init; }

    /// <summary>The certificate's serial number, lower-case hex.</summary>
    public string? CertificateSerial { get; init; }

    /// <summary>The signature scheme's wire name.</summary>
    public string? SigningAlgorithm { get; init; }

    /// <summary>Whether the submitted bytes were a digest already.</summary>
    public bool? IsDigest { get; init; }

    /// <summary>The submitted bytes, 1 to 128.</summary>
    public ReadOnlyMemory<byte>? Data { get; init; }

    /// <summary>The signature that left.</summary>
    public ReadOnlyMemory<byte>? Signature { get; init; }

    /// <summary>The grant that it was made, or refused, under.</summary>
    public string? GrantId { get; init; }

    /// <summary>Whether the policy let a machine identity pass without a grant.</summary>
    public bool Bypass { get; init; }

    /// <summary>What the client says of itself.</summary>
    public ImmutableSortedDictionary<string, string>? ClientMetadata { get; init; }

    /// <summary>How many identical denials this entry stands for, where more than one.</summary>
    public int? Count { get; init; }

    /// <summary>What was done, for an administrative entry: <c>signer.create</c>, <c>grant.revoke</c> …</summary>
    public string? Action { get; init; }

    /// <summary>What an administrative entry is about, as <c>type/id</c>.</summary>
    public string? Subject { get; init; }

    /// <summary>What changed, as a UTF-8 JSON object; never a secret.</summary>
    public ReadOnlyMemory<byte>? Changes { get; init; }
}

/// <summary>One use of a grant. Its number is the next after those in the ledger, proposed by the writer and checked under lock.</summary>
/// <param name="GrantId">The grant.</param>
/// <param name="Limit">How many uses it has in all; null for as many as fit its window.</param>
public sealed record GrantUse(string GrantId, long? Limit);

/// <summary>One more use of something that is counted apart from the state it belongs to; see <see cref="States.UseCountState"/>.</summary>
/// <param name="Id">What is counted, such as a client secret's id.</param>
/// <param name="Limit">The commit refuses to go beyond; null counts without limit.</param>
public sealed record CounterUse(string Id, long? Limit);

/// <summary>An answer kept for 24 hours for a client that asks again with the same key.</summary>
/// <param name="Caller">Who asked: the principal's id.</param>
/// <param name="Scope">What was asked: the call and the resource it was made on.</param>
/// <param name="Key">The client's <c>Idempotency-Key</c>, 1 to 128 visible characters.</param>
/// <param name="RequestHash">SHA-256 of what was asked; another content with the same key is a mistake of the client's.</param>
/// <param name="Answer">The answer as the gateway will send it again. It is sealed before it is stored: it may hold a secret.</param>
public sealed record IdempotentAnswer(
    string Caller, string Scope, string Key, ReadOnlyMemory<byte> RequestHash, ReadOnlyMemory<byte> Answer);
