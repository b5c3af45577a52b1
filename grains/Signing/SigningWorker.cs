using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Grants;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Signing;
using Orleans.Runtime.Messaging;

namespace CodeSigning.Grains.Signing;

/// <summary>
/// The hot path: decide from cached facts, reserve, sign, commit, and only then answer. Every decision is a proposal
/// until it is committed. If the commit refuses it as stale, the stale facts are read again, the decision is repeated,
/// and the signature is discarded.
/// </summary>
/// <remarks>
/// It is not a grain: it has no state and runs on the node that took the request, where a call to a stateless worker
/// would add a tenth of the cost of a P-256 signature.
/// </remarks>
public sealed class SigningWorker(
    IGrainFactory grains,
    KnownSigners signers,
    ILedger ledger,
    UnsignedAttempts withoutSignature,
    IStateStore store,
    ISigningKeys keys,
    IObservations observations,
    SigningMeter meter,
    TimeProvider time)
{
    private const int MaxRounds = 16;
    private static readonly TimeSpan ShortWait = TimeSpan.FromSeconds(1);

    /// <summary>Decides, signs, commits, and only then answers. A denial is an answer too.</summary>
    /// <exception cref="RefusedException">
    /// <c>Unavailable</c> if nothing was decided because the node is overloaded or the ledger is unavailable.
    /// </exception>
    public async Task<SignReply> SignAsync(SignCommand command, CancellationToken cancellationToken)
    {
        var attempt = new SigningAttempt(command, time);
        var isFresh = false;
        for (var round = 0; round < MaxRounds; round++)
        {
            if (await signers.FindAsync(command.SignerId, cancellationToken) is not { } signer)
            {
                return TurnAway(attempt);
            }

            var decision = SigningRules.Decide(signer.Facts, command.Caller, command.Algorithm, attempt.Question.Now(time));
            var (reply, outcome) = decision switch
            {
                SigningDecision.Allowed allowed => await SignAsync(attempt, allowed, allowed.Certificate!, null, cancellationToken),
                SigningDecision.NeedsGrant needed =>
                    await SignUnderGrantAsync(attempt, needed, signer, isFresh, cancellationToken),
                SigningDecision.Refused { Code: ErrorCode.NotFound } => await TurnAwayAsync(attempt, decision, cancellationToken),
                SigningDecision.Refused refused => await DenyAsync(attempt, refused, [], refused.Code, refused.Detail, null),
                _ => throw new InvalidOperationException("The decision's type is unknown."),
            };
            switch (outcome)
            {
                case null or CommitOutcome.Committed:
                    return reply!;
                case CommitOutcome.AlreadyAnswered:
                    return new SignReply.AlreadyAnswered();
                case CommitOutcome.TooLate { Now: var now } when command.Caller.Until <= now:
                case CommitOutcome.Stale { Actual: var callers } when attempt.NamesAnyOfCaller(callers):
                    return new SignReply.CallerChanged();
                case CommitOutcome.TooLate { Now: var now }:
                    attempt.Question = attempt.Question with { StoreTime = now };
                    break;
                case CommitOutcome.Stale { Actual: var actual }:
                    signers.Forget(signer, actual);
                    isFresh = true;
                    break;
            }
        }

        throw new RefusedException(
            ErrorCode.Unavailable, "The signer, its groups or its grants are changing concurrently: retry later.");
    }

    /// <summary>Tries the caller's grants in order; an exhausted grant does not prevent the use of another.</summary>
    private async Task<(SignReply? Reply, CommitOutcome? Outcome)> SignUnderGrantAsync(
        SigningAttempt attempt,
        SigningDecision.NeedsGrant needed,
        KnownSigner signer,
        bool isFresh,
        CancellationToken cancellationToken)
    {
        var thumbprint = needed.Certificate!.Thumbprint;
        var generation = signer.Facts.State.Generation;
        var grants = await signer.Grants.FindAsync(
            attempt.Grantee, thumbprint, generation, attempt.Question, isFresh, cancellationToken);
        var consulted = ImmutableArray.CreateBuilder<StateVersion>(grants.Length);
        GrantOffer.Declined? declined = null;
        foreach (var grant in grants)
        {
            var offer = await OfferAsync(attempt, grant, thumbprint, generation, cancellationToken);
            if (offer is not GrantOffer.Declined refusal)
            {
                return await SignUnderAsync(attempt, needed, grant, offer as GrantOffer.Reserved, cancellationToken);
            }

            declined = refusal;
            consulted.Add(refusal.Version);
        }

        if (!isFresh)
        {
            // The cache may lack a grant created within the last second.
            return (null, new CommitOutcome.Stale(consulted.ToImmutable()));
        }

        return declined is null
            ? await DenyAsync(
                attempt, needed, [], ErrorCode.ApprovalRequired,
                "The signer's policy requires an approved request: create one with POST …/requests, then sign again.", null)
            : await DenyAsync(
                attempt, needed, consulted.ToImmutable(), declined.Code, declined.Detail, declined.Version.Id);
    }

    /// <summary>
    /// A reservation, or why the grant cannot be used; null if no reservation is needed. While the home is unavailable
    /// the commit alone enforces the limit: a signature too many is made and discarded.
    /// </summary>
    private async ValueTask<GrantOffer?> OfferAsync(
        SigningAttempt attempt, KnownGrant grant, string thumbprint, long generation, CancellationToken cancellationToken)
    {
        var (grantee, question, now) = (attempt.Grantee, attempt.Question, attempt.Question.Now(time));
        if (GrantRules.Check(grant.State, grantee, thumbprint, generation, question, grant.Tally.Used, now) is { } problem)
        {
            return new GrantOffer.Declined(grant.Row.ToVersion(), problem.Code, problem.Detail);
        }

        if (!grant.NeedsReservation(time.GetUtcNow()))
        {
            return null;
        }

        try
        {
            return await grains.GetGrain<IGrantGrain>(grant.Row.Id).ReserveAsync(
                grantee, thumbprint, question, new GrantKnowledge(grant.Row.Version, grant.Tally.Used), cancellationToken);
        }
        catch (Exception away) when (IsAway(away) && !cancellationToken.IsCancellationRequested)
        {
            grant.Tally.NoteHomeAway(time.GetUtcNow());
            return null;
        }
    }

    // It does not answer, is leaving the cluster, or is itself cut off from the database, which this node may still reach. The
    // exception of a rejected call is that of its cause, such as a cancelled activation.
    private static bool IsAway(Exception exception) => exception
        is TimeoutException or OrleansMessageRejectionException or ConnectionFailedException or OrleansLifecycleCanceledException
        or OperationCanceledException or ObjectDisposedException or StoreUnavailableException;

    private async Task<(SignReply? Reply, CommitOutcome? Outcome)> SignUnderAsync(
        SigningAttempt attempt,
        SigningDecision.NeedsGrant needed,
        KnownGrant grant,
        GrantOffer.Reserved? reserved,
        CancellationToken cancellationToken)
    {
        long? used = null;
        var isStale = false;
        try
        {
            var terms = new GrantTermsOfUse(
                reserved?.Version ?? grant.Row.ToVersion(), grant.State.MaxSignings, grant.State.WindowEnd);
            var result = await SignAsync(attempt, needed, needed.Certificate!, terms, cancellationToken);
            (used, isStale) = result.Outcome switch
            {
                CommitOutcome.Committed committed => (committed.Use, false),
                CommitOutcome.Exhausted exhausted => (exhausted.Used, false),
                CommitOutcome.Stale stale => (null, stale.Actual.Any(version => version.Id == grant.Row.Id)),
                _ => ((long?)null, false),
            };
            grant.Tally.NoteUsed(used ?? 0);
            return result;
        }
        finally
        {
            if (reserved is not null)
            {
                await grains.GetGrain<IGrantGrain>(grant.Row.Id)
                    .SettleAsync(new GrantSettlement(reserved.Reservation, used, isStale));
            }
        }
    }

    private async Task<(SignReply? Reply, CommitOutcome? Outcome)> SignAsync(
        SigningAttempt attempt,
        SigningDecision decision,
        CertificateFacts certificate,
        GrantTermsOfUse? grant,
        CancellationToken cancellationToken)
    {
        byte[] signature;
        try
        {
            signature = await keys.SignAsync(
                attempt.Grantee.Id, certificate, attempt.Question.Algorithm, attempt.Digest, cancellationToken);
        }
        catch (SigningFaultException fault)
        {
            // A key that was destroyed since the facts were read cannot sign, which is no fault: decide again.
            var stale = await store.FindStaleAsync(attempt.ReadSetOf(decision), cancellationToken);
            return stale.Count > 0
                ? (null, new CommitOutcome.Stale([.. stale]))
                : await FailAsync(attempt, decision, grant?.Version.Id, fault.InnerException as RefusedException);
        }

        var result = attempt.ToResult(signature, certificate, grant?.Version.Id);
        var outcome = await ledger.CommitAsync(attempt.Success(decision, grant, result), cancellationToken);
        if (outcome is not CommitOutcome.Committed)
        {
            return (null, outcome);
        }

        observations.Note(result.SignerId, SignerDirectory.Signature);
        meter.Count(result.SigningAlgorithm, EntryOutcome.Success);
        return (new SignReply.SignatureMade(result), outcome);
    }

    private Task<(SignReply? Reply, CommitOutcome? Outcome)> DenyAsync(
        SigningAttempt attempt,
        SigningDecision decision,
        ImmutableArray<StateVersion> grants,
        ErrorCode code,
        string detail,
        string? grantId) =>
        RecordAsync(
            attempt,
            attempt.Denial(decision, grants, code, grantId),
            new SignReply.NotSigned(null, code, detail, DenialMembers.For(code, attempt.Question)));

    private Task<(SignReply? Reply, CommitOutcome? Outcome)> FailAsync(
        SigningAttempt attempt, SigningDecision decision, string? grantId, RefusedException? reason) =>
        RecordAsync(
            attempt,
            attempt.Failure(decision, grantId),
            new SignReply.NotSigned(
                null,
                ErrorCode.Unavailable,
                reason?.Message
                    ?? "The signature could not be made: retry, and if the fault persists, report the operation's id to an operator.",
                ImmutableDictionary<string, string>.Empty,
                reason?.RetryAfter ?? ShortWait));

    private async Task<(SignReply? Reply, CommitOutcome? Outcome)> RecordAsync(
        SigningAttempt attempt, LedgerElement element, SignReply.NotSigned reply)
    {
        var recorded = await withoutSignature.RecordAsync(element);
        if (recorded.RetryAfter is { } wait)
        {
            // A failure is not the caller's doing: the reason tells them more than that there were too many.
            return (reply.Code == ErrorCode.Unavailable ? reply with { RetryAfter = wait } : DeniedTooOften(wait), null);
        }

        if (recorded.Outcome is not CommitOutcome.Committed)
        {
            return (null, recorded.Outcome);
        }

        meter.Count(attempt.Question.Algorithm.ToWireName(), element.Entry!.Outcome);
        if (element.Entry.Outcome == EntryOutcome.Denied)
        {
            meter.CountDenial(reply.Code);
        }

        return (reply with { OperationId = recorded.OperationId }, recorded.Outcome);
    }

    /// <summary>
    /// Refuses a caller who may not see the signer, on current facts. It writes no entry, or any account could fill the
    /// ledger of a signer.
    /// </summary>
    private async Task<(SignReply? Reply, CommitOutcome? Outcome)> TurnAwayAsync(
        SigningAttempt attempt, SigningDecision decision, CancellationToken cancellationToken)
    {
        var stale = await store.FindStaleAsync(attempt.ReadSetOf(decision), cancellationToken);
        return stale.Count > 0 ? (null, new CommitOutcome.Stale([.. stale])) : (TurnAway(attempt), null);
    }

    private SignReply.NotSigned TurnAway(SigningAttempt attempt)
    {
        meter.Count(attempt.Question.Algorithm.ToWireName(), EntryOutcome.Denied);
        var notFound = SignerAuthority.NotFound();
        meter.CountDenial(notFound.Code);
        return new SignReply.NotSigned(null, notFound.Code, notFound.Message, ImmutableDictionary<string, string>.Empty);
    }

    private static SignReply.NotSigned DeniedTooOften(TimeSpan wait) => new(
        null,
        ErrorCode.RateLimited,
        "Too many of your attempts were denied or failed: retry after the time in Retry-After.",
        ImmutableDictionary<string, string>.Empty,
        wait);
}

/// <summary>
/// A command to sign. The gateway has validated it: 1 to 128 bytes, and a digest has its algorithm's length.
/// </summary>
/// <param name="Caller">The caller.</param>
/// <param name="SignerId">The signer's id.</param>
/// <param name="Algorithm">The signature scheme.</param>
/// <param name="IsDigest">Whether the data is a digest.</param>
/// <param name="Data">The submitted bytes.</param>
/// <param name="ClientMetadata">The client's assertions about itself, at most 2 KiB in total.</param>
public sealed record SignCommand(
    Caller Caller,
    string SignerId,
    SigningAlgorithm Algorithm,
    bool IsDigest,
    ReadOnlyMemory<byte> Data,
    ImmutableSortedDictionary<string, string>? ClientMetadata);

/// <summary>The result of a <see cref="SignCommand"/>.</summary>
public abstract record SignReply
{
    /// <summary>The signature; its entry is durable.</summary>
    /// <param name="Result">The response for the client.</param>
    public sealed record SignatureMade(SignResult Result) : SignReply;

    /// <summary>No signature; the entry of the attempt, if it has one, is durable.</summary>
    /// <param name="OperationId">
    /// The id of the entry, which may summarize several attempts. Null without an entry: the caller may not see the
    /// signer, or was denied too often.
    /// </param>
    /// <param name="Code">The code for the client.</param>
    /// <param name="Detail">The message for the client.</param>
    /// <param name="Members">Additional members of the problem document: name to JSON text.</param>
    /// <param name="RetryAfter">The delay before a retry, where a retry can help.</param>
    public sealed record NotSigned(
        string? OperationId,
        ErrorCode Code,
        string Detail,
        ImmutableDictionary<string, string> Members,
        TimeSpan? RetryAfter = null) : SignReply;

    /// <summary>
    /// Nothing was decided: the caller's read set was stale or its token expired. Authenticate again and retry.
    /// </summary>
    public sealed record CallerChanged : SignReply;

    /// <summary>Nothing was decided: the idempotency key already has an answer, which is to be sent.</summary>
    public sealed record AlreadyAnswered : SignReply;
}
