using System.Collections.Immutable;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Grants;
using CodeSigning.Ledger;
using CodeSigning.Signers;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Signing;

/// <summary>
/// The hot path: decide, reserve, sign, commit, and only then answer. Every decision is a proposal until the ledger has
/// taken it; one that the ledger refuses as stale is made again with what was stale read afresh, and the signature made
/// for it is thrown away unseen.
/// </summary>
[Reentrant, StatelessWorker]
public sealed class SigningWorkerGrain(
    ILedger ledger, ISigningKeys keys, IObservations observations, SigningMeter meter, TimeProvider time)
    : Grain, ISigningWorkerGrain
{
    private const int MaxRounds = 16;

    /// <inheritdoc/>
    public async Task<SignReply> SignAsync(SignCommand command, CancellationToken cancellationToken)
    {
        var attempt = new SigningAttempt(command, time);
        var question = attempt.Question;
        var signer = GrainFactory.GetGrain<ISignerGrain>(command.SignerId);
        ImmutableArray<StateVersion> stale = [];
        for (var round = 0; round < MaxRounds; round++)
        {
            var decision = await signer.DecideAsync(command.Caller, question, stale);
            var (reply, outcome) = decision switch
            {
                SigningDecision.Allowed allowed =>
                    await SignAsync(command, attempt, allowed, allowed.Certificate!, null, cancellationToken),
                SigningDecision.NeedsGrant needed =>
                    await SignUnderGrantAsync(command, attempt, needed, question, stale, cancellationToken),
                SigningDecision.Refused { Basis.IsEmpty: true } refused =>
                    throw new RefusedException(refused.Code, refused.Detail),
                SigningDecision.Refused refused =>
                    await DenyAsync(attempt, refused, [], refused.Code, refused.Detail, null),
                _ => throw new InvalidOperationException("A decision of an unknown kind."),
            };
            switch (outcome)
            {
                case CommitOutcome.Committed:
                    return reply!;
                case CommitOutcome.AlreadyAnswered:
                    return new SignReply.AlreadyAnswered();
                case CommitOutcome.TooLate { Now: var now } when command.Caller.Until <= now:
                case CommitOutcome.Stale { Actual: var callers } when RestsOn(command, callers):
                    return new SignReply.CallerChanged();
                case CommitOutcome.TooLate { Now: var now }:
                    question = question with { StoreTime = now };
                    break;
                case CommitOutcome.Stale { Actual: var actual }:
                    stale = actual;
                    break;
            }
        }

        throw new RefusedException(
            ErrorCode.Unavailable, "The signer, its groups or its grants keep changing at the moment. Try again shortly.");
    }

    /// <summary>Tries the caller's grants in their order; one that is spent does not stop another from serving.</summary>
    private async Task<(SignReply? Reply, CommitOutcome Outcome)> SignUnderGrantAsync(
        SignCommand command,
        SigningAttempt attempt,
        SigningDecision.NeedsGrant needed,
        SigningQuestion question,
        ImmutableArray<StateVersion> stale,
        CancellationToken cancellationToken)
    {
        var consulted = ImmutableArray.CreateBuilder<StateVersion>(needed.GrantIds.Length);
        GrantOffer.Declined? declined = null;
        string? declinedId = null;
        foreach (var grantId in needed.GrantIds)
        {
            var grant = GrainFactory.GetGrain<IGrantGrain>(grantId);
            var offer = await grant.ReserveAsync(
                command.Caller.ToRef(), needed.Certificate!.Thumbprint, question, VersionIn(stale, grantId), cancellationToken);
            if (offer is GrantOffer.Reserved reserved)
            {
                return await SignReservedAsync(command, attempt, needed, grant, reserved, cancellationToken);
            }

            declined = (GrantOffer.Declined)offer;
            declinedId = grantId;
            consulted.Add(declined.Version);
        }

        if (stale.IsEmpty)
        {
            // A grant given within the last second may not be among those that the signer remembers.
            return (null, new CommitOutcome.Stale(consulted.ToImmutable()));
        }

        return await DenyAsync(
            attempt, needed, consulted.ToImmutable(), declined!.Code, declined.Detail, declinedId);
    }

    private static long VersionIn(ImmutableArray<StateVersion> stale, string grantId)
    {
        foreach (var version in stale)
        {
            if (version.Type == StateTypes.Grant && version.Id == grantId)
                return version.Version;
        }

        return 0;
    }

    private async Task<(SignReply? Reply, CommitOutcome Outcome)> SignReservedAsync(
        SignCommand command,
        SigningAttempt attempt,
        SigningDecision.NeedsGrant needed,
        IGrantGrain grant,
        GrantOffer.Reserved reserved,
        CancellationToken cancellationToken)
    {
        long? used = null;
        var isStale = false;
        try
        {
            var grantId = reserved.Version.Id;
            var result = await SignAsync(
                command, attempt, needed, needed.Certificate!, reserved, cancellationToken);
            (used, isStale) = result.Outcome switch
            {
                CommitOutcome.Committed committed => (committed.Use, false),
                CommitOutcome.Exhausted exhausted => (exhausted.Used, false),
                CommitOutcome.Stale stale => (null, stale.Actual.Any(version => version.Id == grantId)),
                _ => ((long?)null, false),
            };
            return result;
        }
        finally
        {
            await grant.SettleAsync(new GrantSettlement(reserved.Reservation, used, isStale));
        }
    }

    private async Task<(SignReply? Reply, CommitOutcome Outcome)> SignAsync(
        SignCommand command,
        SigningAttempt attempt,
        SigningDecision decision,
        CertificateFacts certificate,
        GrantOffer.Reserved? reserved,
        CancellationToken cancellationToken)
    {
        var grantId = reserved?.Version.Id;
        byte[] signature;
        try
        {
            signature = await keys.SignAsync(certificate, command.Algorithm, attempt.Digest, cancellationToken);
        }
        catch (SigningFaultException)
        {
            return await FailAsync(attempt, decision, grantId);
        }

        var result = new SignResult(
            signature,
            command.Algorithm.ToWireName(),
            command.SignerId,
            attempt.OperationId,
            certificate.Id,
            certificate.KeyAlgorithm,
            grantId);
        var outcome = await ledger.CommitAsync(attempt.Success(decision, reserved, result), cancellationToken);
        if (outcome is not CommitOutcome.Committed)
        {
            return (null, outcome);
        }

        observations.Note(command.SignerId, SignerServices.Signature);
        meter.Count(result.SigningAlgorithm, EntryOutcome.Success);
        return (new SignReply.SignatureMade(result), outcome);
    }

    private async Task<(SignReply? Reply, CommitOutcome Outcome)> DenyAsync(
        SigningAttempt attempt,
        SigningDecision decision,
        ImmutableArray<StateVersion> grants,
        ErrorCode code,
        string detail,
        string? grantId)
    {
        var outcome = await ledger.CommitAsync(attempt.Denial(decision, grants, code, grantId), CancellationToken.None);
        if (outcome is not CommitOutcome.Committed)
        {
            return (null, outcome);
        }

        meter.Count(attempt.Question.Algorithm.ToWireName(), EntryOutcome.Denied);
        return (new SignReply.NotSigned(attempt.OperationId, code, detail, DenialMembers.For(code, attempt.Question)), outcome);
    }

    private async Task<(SignReply? Reply, CommitOutcome Outcome)> FailAsync(
        SigningAttempt attempt, SigningDecision decision, string? grantId)
    {
        var outcome = await ledger.CommitAsync(attempt.Failure(decision, grantId), CancellationToken.None);
        meter.Count(attempt.Question.Algorithm.ToWireName(), EntryOutcome.Failed);
        var reply = new SignReply.NotSigned(
            attempt.OperationId,
            ErrorCode.Unavailable,
            "The signature could not be made. Try again; if it stays so, tell an operator this operation's id.",
            ImmutableDictionary<string, string>.Empty);
        return (reply, outcome);
    }

    private static bool RestsOn(SignCommand command, ImmutableArray<StateVersion> actual) =>
        actual.Any(version => command.Caller.Basis.Any(basis => basis.Type == version.Type && basis.Id == version.Id));
}
