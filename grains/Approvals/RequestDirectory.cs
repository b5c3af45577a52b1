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
/// Reads requests from their rows. Lists show votes as last counted; a single request is counted by the current
/// approvers.
/// </summary>
public sealed class RequestDirectory(IStateStore store, RequestFactsReader reader, SignerDirectory signers, TimeProvider time)
{
    private const int MostGroups = 1000;
    private const int MostPages = 10;

    /// <summary>
    /// The maximum number of pending requests of a caller for one signer, so that a loop does not flood the approvers.
    /// </summary>
    private const int MostWaiting = 100;

    /// <summary>One request, for its requester, its approvers and callers that may read its signer.</summary>
    /// <exception cref="RefusedException"><c>NotFound</c>, also for callers who may not see it.</exception>
    public async Task<RequestView> GetAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        var (request, facts) = await AuthorizeAsync(caller, id, cancellationToken);
        return request.State.ToView(facts, time.GetUtcNow(), await ReadNamesAsync(caller, [request.State], cancellationToken));
    }

    /// <summary>Whether a request waits for the caller's vote now, as in <see cref="ListAssignedAsync"/>.</summary>
    /// <exception cref="RefusedException"><c>NotFound</c>, also for callers who may not see it.</exception>
    public async Task<bool> IsAwaitingVoteAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        var (request, _) = await AuthorizeAsync(caller, id, cancellationToken);
        return caller.Kind == PrincipalKind.User && await IsAwaitingVoteAsync(caller, request.State, cancellationToken);
    }

    /// <summary>Whether the caller may cancel a request, as its grain decides: its requester, and administrators of its signer.</summary>
    /// <exception cref="RefusedException"><c>NotFound</c>, also for callers who may not see it.</exception>
    public async Task<bool> MayCancelAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        var (request, _) = await AuthorizeAsync(caller, id, cancellationToken);
        return request.State.IsOf(caller) || (request.State.SignerId is { } signerId
            ? await signers.MayAsync(caller, signerId, SignerAction.Revoke, cancellationToken)
            : caller.Role == ProductRole.Admin);
    }

    /// <summary>One page of the requests for a signer, newest first, for callers that may read the signer.</summary>
    public async Task<Page<RequestView>> ListOfSignerAsync(
        Caller caller, string signerId, RequestFilter filter, CancellationToken cancellationToken)
    {
        await signers.AuthorizeAsync(caller, signerId, SignerAction.Read, cancellationToken);
        return await ListAsync(caller, new StateQuery(StateTypes.ApprovalRequest, Parent: signerId), filter, null, cancellationToken);
    }

    /// <summary>
    /// One page of the requests that wait for the caller's vote now: pending, in a step that the caller may approve, and
    /// not voted on. With another status than pending, none.
    /// </summary>
    public async Task<Page<RequestView>> ListAssignedAsync(
        Caller caller, RequestFilter filter, CancellationToken cancellationToken)
    {
        if (caller.Kind != PrincipalKind.User || filter.Status is not (null or RequestStatus.Pending))
        {
            return new Page<RequestView>([], null);
        }

        return await ListAsync(
            caller,
            new StateQuery(StateTypes.ApprovalRequest, AnyLink: [.. await ApproverLinksAsync(caller, cancellationToken)]),
            filter with { Status = RequestStatus.Pending },
            request => IsAwaitingVoteAsync(caller, request, cancellationToken),
            cancellationToken);
    }

    /// <summary>
    /// One page of all requests for product administrators; for others, of those they created or may decide.
    /// </summary>
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

        return await ListAsync(caller, query, filter, null, cancellationToken);
    }

    /// <summary>The names that the caller may see, to show beside the ids in requests.</summary>
    internal Task<RequestNames> ReadNamesAsync(
        Caller caller, IReadOnlyCollection<ApprovalRequestState> requests, CancellationToken cancellationToken) =>
        RequestNames.ReadAsync(store, caller, requests, cancellationToken);

    /// <summary>A stored request; null if it does not exist.</summary>
    internal Task<Row<ApprovalRequestState>?> FindAsync(string id, CancellationToken cancellationToken) =>
        store.FindAsync<ApprovalRequestState>(StateTypes.ApprovalRequest, id, cancellationToken);

    /// <summary>A request that the caller may see, and the facts about it.</summary>
    /// <exception cref="RefusedException"><c>NotFound</c>, also for callers who may not see it.</exception>
    internal async Task<(Row<ApprovalRequestState> Request, RequestFacts Facts)> AuthorizeAsync(
        Caller caller, string id, CancellationToken cancellationToken)
    {
        var request = await FindAsync(id, cancellationToken) ?? throw NotFound();
        var voter = caller.Kind == PrincipalKind.User ? caller.Id : null;
        var facts = await reader.ReadAsync(request.State, voter, cancellationToken);
        return await IsVisibleAsync(caller, request.State, facts, cancellationToken) ? (request, facts) : throw NotFound();
    }

    /// <summary>Whether the open steps can still be approved.</summary>
    internal async Task<bool> CanBeFilledAsync(ApprovalRequestState request, CancellationToken cancellationToken) =>
        RequestTally.Of(request, await reader.ReadAsync(request, null, cancellationToken)).CanBeFilled;

    /// <summary>
    /// The caller's pending request with the same idempotency key. Stored answers end after a day, but a client that
    /// requests at each denial must find its request for as long as it is pending.
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
                ? same.ToView(
                    await reader.ReadAsync(same, null, cancellationToken), now, await ReadNamesAsync(caller, [same], cancellationToken))
                : throw new RefusedException(
                    ErrorCode.IdempotencyMismatch, "The idempotency key was used for a different request: use a new key.");
        }

        return waiting.Length < MostWaiting
            ? null
            : throw new RefusedException(
                ErrorCode.RateLimited, $"You have {MostWaiting} pending requests for this signer: cancel some, or wait for a decision.");
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
    /// The clock, not the row, decides whether a request has expired, so rows are filtered again and short pages are
    /// filled up from the next ones.
    /// </summary>
    private async Task<Page<RequestView>> ListAsync(
        Caller caller,
        StateQuery query,
        RequestFilter filter,
        Func<ApprovalRequestState, Task<bool>>? matches,
        CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        List<ApprovalRequestState> found = [];
        var next = filter.Before;
        query = query with { Statuses = WordsFor(filter.Status) };
        for (var read = 0; read < MostPages; read++)
        {
            var page = await store.ReadPageAsync(
                query with { Before = next, Limit = filter.Limit - found.Count }, cancellationToken);
            foreach (var request in page.Items.Select(row => row.ReadAs<ApprovalRequestState>()))
            {
                if ((filter.Status is null || request.StatusAt(now) == filter.Status) && (matches is null || await matches(request)))
                {
                    found.Add(request);
                }
            }

            next = page.Next;
            if (next is null || found.Count == filter.Limit)
            {
                break;
            }
        }

        var names = await ReadNamesAsync(caller, found, cancellationToken);
        return new Page<RequestView>([.. found.Select(request => request.ToListedView(now, names))], next);
    }

    // What the row alone shows comes first, since the facts cost several reads.
    private async Task<bool> IsAwaitingVoteAsync(Caller caller, ApprovalRequestState request, CancellationToken cancellationToken) =>
        !request.IsOf(caller)
        && !request.RequesterMakers.Contains(caller.Id)
        && RequestMachine.WhyNotVote(
            request, await reader.ReadAsync(request, caller.Id, cancellationToken), caller.ToActor(), time.GetUtcNow()) is null;

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
        new(ErrorCode.NotFound, "The request does not exist or is not visible to you.");

    private static ImmutableArray<string> WordsFor(RequestStatus? status) => status switch
    {
        null => [],
        RequestStatus.Expired => [Word(RequestStatus.Expired), Word(RequestStatus.Pending)],
        { } one => [Word(one)],
    };

    private static string Word(RequestStatus status) => status.ToString().ToLowerInvariant();
}

/// <summary>A query for one page of requests.</summary>
/// <param name="Status">Only requests with this current status.</param>
/// <param name="Before">The last id of the previous page; null for the first page.</param>
/// <param name="Limit">The page size, 1 to 100.</param>
public sealed record RequestFilter(RequestStatus? Status = null, string? Before = null, int Limit = 25);
