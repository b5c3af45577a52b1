using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Ledger;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Signing;

/// <summary>One attempt to sign: its digest, and the ledger elements of its possible outcomes.</summary>
internal sealed class SigningAttempt
{
    private readonly SignCommand _command;

    /// <summary>Creates an attempt that begins now.</summary>
    public SigningAttempt(SignCommand command, TimeProvider time)
    {
        _command = command;
        OperationId = EntityId.New(IdPrefixes.Operation, time);
        Grantee = command.Caller.ToRef();
        Digest = command.IsDigest ? command.Data : Hash(command);
        Question = new SigningQuestion(
            command.Algorithm,
            $"{command.Algorithm.HashLabel()}:{Convert.ToHexStringLower(Digest.Span)}",
            command.Caller.Address,
            command.ClientMetadata?.GetValueOrDefault("hostname"),
            command.ClientMetadata?.GetValueOrDefault("tool"));
    }

    /// <summary>The id of its entry.</summary>
    public string OperationId { get; }

    /// <summary>The digest to sign.</summary>
    public ReadOnlyMemory<byte> Digest { get; }

    /// <summary>The facts for authorization; updated with the database's time if that has passed a limit.</summary>
    public SigningQuestion Question { get; set; }

    /// <summary>The caller.</summary>
    public PrincipalRef Grantee { get; }

    /// <summary>The element of a signature, with the answer for the caller's idempotency key.</summary>
    public LedgerElement Success(SigningDecision decision, GrantTermsOfUse? grant, SignResult result) => new()
    {
        Entry = Draft(decision, EntryOutcome.Success, null) with
        {
            Signature = result.Signature,
            GrantId = grant?.Version.Id,
            Bypass = decision is SigningDecision.Allowed { IsBypass: true },
        },
        ReadSet = grant is null
            ? [.. _command.Caller.ReadSet, .. decision.ReadSet]
            : [.. _command.Caller.ReadSet, .. decision.ReadSet, grant.Version],
        Until = Earliest(_command.Caller.Until, decision.Until, grant?.Until),
        Use = grant is null ? null : new GrantUse(grant.Version.Id, grant.Limit),
        Answer = _command.Caller.Retry is not { } retry
            ? null
            : new IdempotentAnswer(
                _command.Caller.Id,
                retry.Scope,
                retry.Key,
                Convert.FromHexString(retry.RequestHash),
                JsonSerializer.SerializeToUtf8Bytes(result, ContractJson.Options)),
    };

    /// <summary>The element of a denial. It has a read set too, so no caller is denied on stale facts.</summary>
    public LedgerElement Denial(SigningDecision decision, ImmutableArray<StateVersion> grants, ErrorCode code, string? grantId) => new()
    {
        Entry = Draft(decision, EntryOutcome.Denied, code) with { GrantId = grantId },
        ReadSet = [.. _command.Caller.ReadSet, .. decision.ReadSet, .. grants],
        Until = _command.Caller.Until,
    };

    /// <summary>The element of a failure. It has no read set, since it states a fact.</summary>
    public LedgerElement Failure(SigningDecision decision, string? grantId) => new()
    {
        Entry = Draft(decision, EntryOutcome.Failed, ErrorCode.Unavailable) with { GrantId = grantId },
    };

    /// <summary>The response for the client.</summary>
    public SignResult ToResult(byte[] signature, CertificateFacts certificate, string? grantId) => new(
        signature,
        _command.Algorithm.ToWireName(),
        _command.SignerId,
        OperationId,
        certificate.Id,
        certificate.KeyAlgorithm,
        grantId);

    /// <summary>The read set of a decision, including the caller's.</summary>
    public ImmutableArray<StateVersion> ReadSetOf(SigningDecision decision) => [.. _command.Caller.ReadSet, .. decision.ReadSet];

    /// <summary>
    /// Whether one of these versions belongs to the caller's read set: then the caller must be authenticated again.
    /// </summary>
    public bool NamesAnyOfCaller(ImmutableArray<StateVersion> versions) => versions.Any(version =>
        _command.Caller.ReadSet.Any(own => own.Type == version.Type && own.Id == version.Id));

    private EntryDraft Draft(SigningDecision decision, EntryOutcome outcome, ErrorCode? code) => new()
    {
        OperationId = OperationId,
        Kind = EntryKind.Sign,
        Outcome = outcome,
        Code = code?.ToString(),
        Actor = _command.Caller.ToActor(),
        Address = _command.Caller.Address,
        SignerId = _command.SignerId,
        SignerName = decision.SignerName,
        CertificateSerial = decision.Certificate?.SerialNumber,
        SigningAlgorithm = _command.Algorithm.ToWireName(),
        IsDigest = _command.IsDigest,
        Data = _command.Data,
        ClientMetadata = _command.ClientMetadata,
    };

    private static byte[] Hash(SignCommand command) => CryptographicOperations.HashData(command.Algorithm.Hash(), command.Data.Span);

    private static DateTimeOffset? Earliest(params ReadOnlySpan<DateTimeOffset?> times)
    {
        DateTimeOffset? earliest = null;
        foreach (var time in times)
        {
            earliest = earliest is null || time < earliest ? time ?? earliest : earliest;
        }

        return earliest;
    }
}

/// <summary>The grant of a signature, as committed.</summary>
/// <param name="Version">The grant's version.</param>
/// <param name="Limit">The grant's total number of uses; null for unlimited.</param>
/// <param name="Until">The end of its window (UTC).</param>
internal sealed record GrantTermsOfUse(StateVersion Version, long? Limit, DateTimeOffset? Until);
