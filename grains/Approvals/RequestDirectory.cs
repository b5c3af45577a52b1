using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Approvals;

/// <summary>
/// Reads requests from their rows. In lists votes appear as they were counted last; one request alone is counted by today's
/// people.
/// </summary>
public sealed class RequestDirectory(IStateStore store, RequestFactsReader reader, SignerDirectory signers, TimeProvider time)
{
    private const int MostGroups = 1000;
    private const int MostPages = 10;

    /// <summary>How many requests for one signer a caller may have waiting, so that a loop does not flood the approvers.</summary>
    private const int MostWaiting = 100;

    /// <summary>One request: for its requester, its approvers, and whoever may read its signer.</summary>
    /// <exception cref="RefusedException"><c>NotFound</c>, also to those who may not see it.</exception>
    public async Task<RequestView> GetAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        var (request, facts) = await AuthorizeAsync(caller, id, cancellationToken);
        return request.State.ToView(facts, time.GetUtcNow());
    }

    /// <summary>One page of the requests for a signer, newest first, for whoever may read the signer.</summary>
    public async Task<Page<RequestView>> ListOfSignerAsync(
        Caller caller, string signerId, RequestFilter filter, CancellationToken cancellationToken)
    {
        await signers.AuthorizeAsync(caller, signerId, SignerAction.Read, cancellationToken);
        return await ListAsync(new StateQuery(StateTypes.ApprovalRequest, Parent: signerId), filter, cancellationToken);
    }

    /// <summary>One page of the requests that the caller may decide, by today's groups.</summary>
    public async Task<Page<RequestView>> ListAssignedAsync(
        Caller caller, RequestFilter filter, CancellationToken cancellationToken) => await ListAsync(
        new StateQuery(StateTypes.ApprovalRequest, AnyLink: [.. await ApproverLinksAsync(caller, cancellationToken)]),
        filter,
        cancellationToken);

    /// <summary>One page of all requests for product administrators; for others those they made or may decide.</summary>
    public async Task<Page<RequestView>> ListVisibleAsync(
        Caller caller, RequestFilter filter, CancellationToken cancellationToken)
    {
        var query = new StateQuery(StateTypes.ApprovalRequest);
        if (caller.Role != ProductRole.Admin)
        {
            query = query with
            {
                AnyLink = [caller.ToRef().ToLink(), .. await ApproverLinksAsync(caller, cancellationToken)],
            };
        }

        return await ListAsync(query, filter, cancellationToken);
    }

    /// <summary>A request as it stands in the store; null where there is none.</summary>
    internal Task<Row<ApprovalRequestState>?> FindAsync(string id, CancellationToken cancellationToken) =>
        store.FindAsync<ApprovalRequestState>(StateTypes.ApprovalRequest, id, cancellationToken);

    /// <summary>A request that the caller may see, and the facts about it.</summary>
    /// <exception cref="RefusedException"><c>NotFound</c>, also to those who may not see it.</exception>
    internal async Task<(Row<ApprovalRequestState> Request, RequestFacts Facts)> AuthorizeAsync(
        Caller caller, string id, CancellationToken cancellationToken)
    {
        var request = await FindAsync(id, cancellationToken) ?? throw NotFound();
        var voter = caller.Kind == PrincipalKind.User ? caller.Id : null;
        var facts = await reader.ReadAsync(request.State, voter, cancellationToken);
        return await IsVisibleAsync(caller, request.State, facts, cancellationToken) ? (request, facts) : throw NotFound();
    }

    /// <summary>Whether people are left to fill the steps that are open.</summary>
    internal async Task<bool> CanBeFilledAsync(ApprovalRequestState request, CancellationToken cancellationToken) =>
        RequestTally.Of(request, await reader.ReadAsync(request, null, cancellationToken)).CanBeFilled;

    /// <summary>
    /// The caller's request with the same idempotency key that still waits. The kept answers end after a day; a client
    /// that asks at each denial must find its request for as long as that waits.
    /// </summary>
    internal async Task<RequestView?> FindWaitingAsync(
        Caller caller, string signerId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var stored = await store.ListAsync(
            new StateQuery(
                StateTypes.ApprovalRequest,
                Parent: signerId,
                Statuses: ["pending"],
                AnyLink: [caller.ToRef().ToLink()],
                Limit: 10 * MostWaiting),
            cancellationToken);
        var waiting = stored
            .Select(row => row.ReadAs<ApprovalRequestState>())
            .Where(request => request.IsOf(caller) && request.StatusAt(now) == RequestStatus.Pending)
            .ToArray();
        if (caller.Retry is { } retry && Array.Find(waiting, request => request.RequestKey == retry.Key) is { } same)
        {
            return same.RequestHash == retry.RequestHash
                ? same.ToView(await reader.ReadAsync(same, null, cancellationToken), now)
                : throw new RefusedException(
                    ErrorCode.IdempotencyMismatch, "This idempotency key was used for another request. Take a new one.");
        }

        return waiting.Length < MostWaiting
            ? null
            : throw new RefusedException(
                ErrorCode.RateLimited, $"{MostWaiting} of your requests wait already. Cancel some, or wait for a decision.");
    }

    private async Task<bool> IsVisibleAsync(
        Caller caller, ApprovalRequestState request, RequestFacts facts, CancellationToken cancellationToken)
    {
        if (request.IsOf(caller)
            || (caller.Kind == PrincipalKind.User
                && (request.Policy.Steps.Any(step => facts.Approvers.Names(step, caller.Id))
                    || request.Ballots.Any(ballot => ballot.UserId == caller.Id))))
        {
            return true;
        }

        if (request.SignerId is null)
        {
            return caller.Role == ProductRole.Admin;
        }

        try
        {
            await signers.AuthorizeAsync(caller, request.SignerId, SignerAction.Read, cancellationToken);
            return true;
        }
        catch (RefusedException)
        {
            return false;
        }
    }

    /// <summary>
    /// Whether a request has expired, the clock says and not the row, so rows are filtered once more; a page that this
    /// leaves too few on is filled up from the next ones.
    /// </summary>
    private async Task<Page<RequestView>> ListAsync(
        StateQuery query, RequestFilter filter, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var views = ImmutableArray.CreateBuilder<RequestView>();
        var next = filter.Before;
        query = query with { Statuses = WordsFor(filter.Status) };
        for (var read = 0; read < MostPages; read++)
        {
            var page = await store.ReadPageAsync(
                query with { Before = next, Limit = filter.Limit - views.Count }, cancellationToken);
            views.AddRange(page.Items
                .Select(row => row.ReadAs<ApprovalRequestState>().ToListedView(now))
                .Where(view => filter.Status is null || view.Status == filter.Status));
            next = page.Next;
            if (next is null || views.Count == filter.Limit)
            {
                break;
            }
        }

        return new Page<RequestView>(views.ToImmutable(), next);
    }

    private async Task<IEnumerable<string>> ApproverLinksAsync(Caller caller, CancellationToken cancellationToken)
    {
        var own = caller.ToRef().ToLink();
        var groups = await store.ListAsync(
            new StateQuery(StateTypes.Group, AnyLink: [own], Limit: MostGroups), cancellationToken);
        return groups
            .Select(group => new PrincipalRef(PrincipalKind.Group, group.Id).ToLink())
            .Prepend(own)
            .Select(link => "approver-" + link);
    }

    private static RefusedException NotFound() =>
        new(ErrorCode.NotFound, "There is no such request, or it is not yours to see.");

    private static ImmutableArray<string> WordsFor(RequestStatus? status) => status switch
    {
        null => [],
        RequestStatus.Expired => [Word(RequestStatus.Expired), Word(RequestStatus.Pending)],
        { } one => [Word(one)],
    };

    private static string Word(RequestStatus status) => status.ToString().ToLowerInvariant();
}

/// <summary>Which page of which requests is asked for.</summary>
/// <param name="Status">Only those that stand there by now.</param>
/// <param name="Before">The last id of the page before; null for the first page.</param>
/// <param name="Limit">At most so many, 1 to 100.</param>
public sealed record RequestFilter(RequestStatus? Status = null, string? Before = null, int Limit = 25);
