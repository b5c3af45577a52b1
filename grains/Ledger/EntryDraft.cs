using System.Collections.Immutable;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Ledger;

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
