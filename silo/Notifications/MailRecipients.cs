using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Identities.Groups;
using CodeSigning.Grains.Identities.Users;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Silo.Notifications;

/// <summary>Who gets mail about an event: of a new request those who decide it first, of its end the one who asked.</summary>
internal sealed class MailRecipients(IStateStore states, NotificationOptions options)
{
    private const int Most = 100;

    /// <summary>Their addresses; none where no mail is sent.</summary>
    public async Task<IReadOnlyList<string>> FindAsync(NotificationEvent happened, CancellationToken cancellationToken)
    {
        if (options.SmtpHost is null || happened.Subject?.Split('/') is not [var type, var id]
            || await states.ReadAsync(type, id, cancellationToken) is not { } subject)
        {
            return [];
        }

        IEnumerable<PrincipalRef> people = (type, happened.Type) switch
        {
            (StateTypes.ApprovalRequest, EventTypes.RequestCreated) => subject.ReadAs<ApprovalRequestState>().Policy.Steps[0].Approvers,
            (StateTypes.ApprovalRequest, _) => [RequesterOf(subject.ReadAs<ApprovalRequestState>())],
            (StateTypes.Grant, _) => [subject.ReadAs<GrantState>().Grantee],
            _ => [],
        };
        HashSet<string> addresses = [];
        foreach (var person in people)
        {
            await AddAsync(addresses, person, cancellationToken);
        }

        return [.. addresses.Take(Most)];
    }

    private async Task AddAsync(HashSet<string> addresses, PrincipalRef principal, CancellationToken cancellationToken)
    {
        if (principal.Kind == PrincipalKind.Group
            && await states.ReadAsync(StateTypes.Group, principal.Id, cancellationToken) is { } group)
        {
            foreach (var member in group.ReadAs<GroupState>().Members.Where(member => member.Kind == PrincipalKind.User).Take(Most))
            {
                await AddAsync(addresses, member, cancellationToken);
            }
        }
        else if (principal.Kind == PrincipalKind.User
            && await states.ReadAsync(StateTypes.User, principal.Id, cancellationToken) is { } user
            && user.ReadAs<UserState>() is { Status: PrincipalStatus.Active } active)
        {
            addresses.Add(active.Email);
        }
    }

    private static PrincipalRef RequesterOf(ApprovalRequestState request) => new(request.Requester.Kind, request.Requester.Id);
}
