using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Approvals;

/// <summary>How a request is made.</summary>
public sealed partial class ApprovalRequestGrain
{
    /// <summary>How many requests for one signer a caller may have waiting, so that a loop does not flood the approvers.</summary>
    private const int MostWaiting = 100;

    /// <inheritdoc/>
    public async Task<RequestView> CreateSigningAsync(
        Caller caller, string signerId, CreateRequest request, CancellationToken cancellationToken)
    {
        var access = await GrainFactory.GetGrain<ISignerGrain>(signerId).AuthorizeAsync(caller, SignerAction.Request);
        if (await FindWaitingAsync(caller, access.SignerId, cancellationToken) is { } waiting)
        {
            return waiting;
        }

        await DemandNewAsync(cancellationToken);
        var policy = await DemandPolicyAsync(access.ApprovalPolicyId, cancellationToken);
        var certificate = await DemandCertificateAsync(access.CertificateId);
        var now = Now;
        var terms = GrantTerms.Of(request, policy.State.Definition.Constraints, now);
        var draft = await DraftAsync(caller, policy, RequestKind.Signing, request.Justification, now, cancellationToken) with
        {
            SignerId = access.SignerId,
            SignerName = access.SignerName,
            RequestedSignings = terms.MaxSignings,
            WindowStart = terms.WindowStart,
            WindowEnd = terms.WindowEnd,
            WindowDuration = terms.WindowDuration,
            Scope = terms.Scope,
            CertificateThumbprint = certificate.Thumbprint,
        };

        // Once its window is over, a request has nothing left to give.
        draft = draft.WindowEnd < draft.ExpiresAt ? draft with { ExpiresAt = draft.WindowEnd.Value } : draft;
        return await OpenAsync(
            caller, draft, request, [.. access.Basis, policy.Version, .. certificate.Basis], cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<RequestView> CreatePolicyChangeAsync(
        Caller caller, string? signerId, string? signerName, PolicyChange change, CancellationToken cancellationToken)
    {
        await DemandNewAsync(cancellationToken);
        var policy = await DemandPolicyAsync(change.PolicyId, cancellationToken);
        var kind = signerId is null ? RequestKind.PolicyEdit : RequestKind.SignerPolicy;
        var draft = await DraftAsync(caller, policy, kind, Describe(kind, change), Now, cancellationToken) with
        {
            SignerId = signerId,
            SignerName = signerName,
            Change = change,
        };
        return await OpenAsync(caller, draft, change, [policy.Version], cancellationToken);
    }

    private async Task<RequestView> OpenAsync(
        Caller caller,
        ApprovalRequestState draft,
        object asked,
        ImmutableArray<StateVersion> basis,
        CancellationToken cancellationToken)
    {
        var facts = await services.Facts.ReadAsync(draft, null, cancellationToken);
        if (!RequestTally.Of(draft, facts).CanBeFilled)
        {
            throw new RefusedException(
                ErrorCode.UnreachableApproval,
                "The policy's steps cannot be filled by the people who may decide this request. Ask a product administrator to add approvers.");
        }

        // Before the commit: a reminder without a request removes itself, a request without a reminder would end unnoticed.
        await RemindOfExpiryAsync(draft.ExpiresAt);
        var view = draft.ToView(facts, Now);
        var change = Record(caller, "request.create", draft, asked).Answering(caller, view);
        await SaveAsync(
            change with { ReadSet = [.. change.ReadSet, .. basis, .. facts.ExclusionBasis] }, draft, cancellationToken);
        return view;
    }

    private async Task<ApprovalRequestState> DraftAsync(
        Caller caller,
        KnownPolicy policy,
        RequestKind kind,
        string justification,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var (makers, _) = await services.Facts.FindMakersAsync(caller.ToRef(), cancellationToken);
        return new ApprovalRequestState
        {
            Id = Id,
            Kind = kind,
            Status = RequestStatus.Pending,
            PolicyId = policy.State.Id,
            Policy = policy.State.Definition,
            Requester = caller.ToActor(),
            RequesterMakers = makers,
            Justification = justification,
            CreatedAt = now,
            ExpiresAt = now + PolicyRules.RequestTtl(policy.State.Definition),
            RequestKey = caller.Retry?.Key,
            RequestHash = caller.Retry?.RequestHash,
        };
    }

    /// <summary>
    /// The caller's request with the same idempotency key that still waits. The kept answers end after a day; a client
    /// that asks at each denial must find its request for as long as that waits.
    /// </summary>
    private async Task<RequestView?> FindWaitingAsync(
        Caller caller, string signerId, CancellationToken cancellationToken)
    {
        var stored = await services.States.ListAsync(
            new StateQuery(
                StateTypes.ApprovalRequest,
                Parent: signerId,
                Statuses: ["pending"],
                AnyLink: [caller.ToRef().ToLink()],
                Limit: 10 * MostWaiting),
            cancellationToken);
        var waiting = stored
            .Select(row => row.ReadAs<ApprovalRequestState>())
            .Where(request => request.IsOf(caller) && request.StatusAt(Now) == RequestStatus.Pending)
            .ToArray();
        if (caller.Retry is { } retry && waiting.FirstOrDefault(request => request.RequestKey == retry.Key) is { } same)
        {
            return same.RequestHash == retry.RequestHash
                ? same.ToView(await services.Facts.ReadAsync(same, null, cancellationToken), Now)
                : throw new RefusedException(
                    ErrorCode.IdempotencyMismatch, "This idempotency key was used for another request. Take a new one.");
        }

        return waiting.Length < MostWaiting
            ? null
            : throw new RefusedException(
                ErrorCode.RateLimited, $"{MostWaiting} of your requests wait already. Cancel some, or wait for a decision.");
    }

    private async Task DemandNewAsync(CancellationToken cancellationToken)
    {
        await state.ReadStateAsync(cancellationToken);
        if (state.RecordExists)
        {
            throw new RefusedException(ErrorCode.Conflict, "The request exists already.");
        }
    }

    private async Task<KnownPolicy> DemandPolicyAsync(string? policyId, CancellationToken cancellationToken)
    {
        if (policyId is null)
        {
            throw new RefusedException(
                ErrorCode.WrongState, "The signer has no signing policy: its operators sign without a request.");
        }

        return await KnownPolicy.ReadAsync(services.States, policyId, cancellationToken)
            ?? throw new RefusedException(
                ErrorCode.WrongState, "The signer's policy is gone. Its administrator must attach another one.");
    }

    private async Task<CertificateFacts> DemandCertificateAsync(string certificateId)
    {
        var certificate = await GrainFactory.GetGrain<ICertificateGrain>(certificateId).GetFactsAsync();
        return certificate is { IsIssued: true, IsRevoked: false } && certificate.NotAfter > Now
            ? certificate
            : throw new RefusedException(
                ErrorCode.WrongState, "The signer's certificate cannot sign any more. Its administrator must bind another one first.");
    }

    private static string Describe(RequestKind kind, PolicyChange change) => (kind, change.NewPolicyId) switch
    {
        (RequestKind.PolicyEdit, _) => "Change what the signing policy allows.",
        (_, null) => "Detach the signing policy from the signer.",
        (_, { } next) => $"Replace the signer's signing policy by {next}.",
    };
}
