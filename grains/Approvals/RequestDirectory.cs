using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Approvals;

/// <summary>
/// Reads requests from the rows that their grains write. Votes appear as they were counted last; one request alone is
/// counted by today's people.
/// </summary>
public sealed class RequestDirectory(IGrainFactory grains, IStateStore store, TimeProvider time)
{
    private const int MostGroups = 1000;
    private const int MostPages = 10;

    /// <summary>One page of the requests for a signer, newest first, for whoever may read the signer.</summary>
    public async Task<Page<RequestView>> ListOfSignerAsync(
        Caller caller, string signerId, RequestFilter filter, CancellationToken cancellationToken)
    {
        await grains.GetGrain<ISignerGrain>(signerId).AuthorizeAsync(caller, SignerAction.Read);
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

    private static ImmutableArray<string> WordsFor(RequestStatus? status) => status switch
    {
        null => [],
        RequestStatus.Expired => [Word(RequestStatus.Expired), Word(RequestStatus.Pending)],
        { } one => [Word(one)],
    };

    private static string Word(RequestStatus status) => status.ToString().ToLowerInvariant();
}
