using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Notifications;

/// <summary>
/// Reminds of requests that wait for approval when a quarter of their time is left, once each. Those that live for less than
/// an hour are not reminded of: the first mail is fresh.
/// </summary>
internal sealed class ExpiringRequests(IStateStore states, NotificationSubjects subjects, EventDeliveries deliveries, TimeProvider time)
{
    private const double Part = 0.25;
    private static readonly TimeSpan ShortestLife = TimeSpan.FromHours(1);

    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var pending = new StateQuery(StateTypes.ApprovalRequest, Statuses: ["pending"]);
        await foreach (var row in states.ReadAllAsync<ApprovalRequestState>(pending, cancellationToken))
        {
            if (IsDue(row.State, now))
            {
                await TellAsync(row.Id, cancellationToken);
            }
        }
    }

    private static bool IsDue(ApprovalRequestState request, DateTimeOffset now)
    {
        var life = request.ExpiresAt - request.CreatedAt;
        return request.Status == RequestStatus.Pending && life >= ShortestLife && request.ExpiresAt > now && request.ExpiresAt - now <= life * Part;
    }

    private async Task TellAsync(string id, CancellationToken cancellationToken)
    {
        var marker = $"request:{id}:expiring";
        if (await deliveries.IsToldAsync(marker, cancellationToken))
        {
            return;
        }

        var raised = new NotificationEvent(
            marker, EventTypes.RequestExpiring, $"{StateTypes.ApprovalRequest}/{id}",
            NotificationEvent.Write(marker, EventTypes.RequestExpiring, UtcTimeConverter.ToText(time.GetUtcNow()), json =>
                json.WriteString("subject", $"{StateTypes.ApprovalRequest}/{id}")));
        if (await subjects.ReadAsync(raised, cancellationToken) is { } subject)
        {
            await deliveries.TellOnceAsync(marker, subject.AddTo(raised), subject, cancellationToken);
        }
    }
}
