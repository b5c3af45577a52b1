using System.Collections.Immutable;
using System.Text.Json;
using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Grants;
using CodeSigning.Identities;

namespace CodeSigning.Silo.Notifications;

/// <summary>What the receivers of an event need to know about the request, grant or account that it is about.</summary>
internal abstract record NotificationSubject
{
    private NotificationSubject()
    {
    }

    /// <summary>The event with the subject in its data.</summary>
    public abstract NotificationEvent AddTo(NotificationEvent happened);

    /// <summary>An event about a request.</summary>
    /// <param name="Told">What is told of it.</param>
    /// <param name="State">The request.</param>
    public sealed record OfRequest(ToldRequest Told, ApprovalRequestState State) : NotificationSubject
    {
        /// <inheritdoc/>
        public override NotificationEvent AddTo(NotificationEvent happened) =>
            happened.Adding("request", JsonSerializer.Serialize(Told, ContractJson.Options));
    }

    /// <summary>An event about a grant.</summary>
    /// <param name="Told">What is told of it.</param>
    /// <param name="State">The grant.</param>
    public sealed record OfGrant(ToldGrant Told, GrantState State) : NotificationSubject
    {
        /// <inheritdoc/>
        public override NotificationEvent AddTo(NotificationEvent happened) =>
            happened.Adding("grant", JsonSerializer.Serialize(Told, ContractJson.Options));
    }

    /// <summary>A certificate that ends soon.</summary>
    /// <param name="Subject">Its subject.</param>
    /// <param name="Signers">The signers that sign with it.</param>
    /// <param name="End">When it can sign no longer (UTC).</param>
    /// <param name="Days">Within how many days.</param>
    /// <param name="Page">The service's address.</param>
    public sealed record OfCertificate(string Subject, ImmutableArray<SignerState> Signers, DateTimeOffset End, int Days, Uri Page) : NotificationSubject
    {
        /// <inheritdoc/>
        public override NotificationEvent AddTo(NotificationEvent happened) => happened;
    }

    /// <summary>An event about the account of a person.</summary>
    /// <param name="Id">Their id.</param>
    /// <param name="Page">Where they sign in.</param>
    public sealed record OfPerson(string Id, Uri Page) : NotificationSubject
    {
        /// <inheritdoc/>
        public override NotificationEvent AddTo(NotificationEvent happened) => happened;
    }
}

/// <summary>A request as events tell of it: who, why, what, how much, how long, and until when.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What it asks for.</param>
/// <param name="Requester">Who asks.</param>
/// <param name="Justification">Why.</param>
/// <param name="SignerName">The signer; null for a policy edit and for a new group member.</param>
/// <param name="Certificate">The certificate that the grant will be valid for.</param>
/// <param name="PolicyName">The policy that it is decided under.</param>
/// <param name="Step">The number of the current step, from 1; null once all are complete.</param>
/// <param name="StepName">The current step's name.</param>
/// <param name="Steps">The number of steps.</param>
/// <param name="MissingApprovals">The number of approvals that the current step still requires.</param>
/// <param name="RequestedSignings">The number of signatures; null for any number.</param>
/// <param name="WindowStart">The start of the window (UTC); null for the time of approval.</param>
/// <param name="WindowEnd">The end of the window (UTC).</param>
/// <param name="RequestedWindowDuration">The length of the window from the approval.</param>
/// <param name="Scope">What the grant will cover; null for everything.</param>
/// <param name="ExpiresAt">When the request expires (UTC).</param>
/// <param name="Comment">The comment of the last vote, or the reason of the emergency stop that ended it.</param>
/// <param name="GrantId">The resulting grant.</param>
/// <param name="Url">The request's page.</param>
internal sealed record ToldRequest(
    string Id,
    RequestKind Kind,
    Actor Requester,
    string Justification,
    string? SignerName,
    ToldCertificate? Certificate,
    string PolicyName,
    int? Step,
    string? StepName,
    int Steps,
    int? MissingApprovals,
    long? RequestedSignings,
    DateTimeOffset? WindowStart,
    DateTimeOffset? WindowEnd,
    string? RequestedWindowDuration,
    GrantScope? Scope,
    DateTimeOffset ExpiresAt,
    string? Comment,
    string? GrantId,
    Uri Url);

/// <summary>A grant as events tell of it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Grantee">Who may use it.</param>
/// <param name="Justification">Why it was given.</param>
/// <param name="SignerName">The signer.</param>
/// <param name="Certificate">The only certificate that it is valid for.</param>
/// <param name="MaxSignings">The number of signatures; null for any number.</param>
/// <param name="WindowStart">The start of the window (UTC).</param>
/// <param name="WindowEnd">The end of the window (UTC); null for a window without end.</param>
/// <param name="Scope">What it covers; null for everything.</param>
/// <param name="Reason">The reason for its revocation.</param>
/// <param name="Url">The page of its request, or of its signer.</param>
internal sealed record ToldGrant(
    string Id,
    PrincipalRef Grantee,
    string Justification,
    string SignerName,
    ToldCertificate? Certificate,
    long? MaxSignings,
    DateTimeOffset WindowStart,
    DateTimeOffset? WindowEnd,
    GrantScope? Scope,
    string? Reason,
    Uri Url);

/// <summary>A certificate as events tell of it.</summary>
/// <param name="Thumbprint">SHA-256 over the DER, lower-case hex.</param>
/// <param name="Subject">Its subject (RFC 4514); null if the signer has another certificate now.</param>
/// <param name="SerialNumber">Lower-case hex; null if the signer has another certificate now.</param>
internal sealed record ToldCertificate(string Thumbprint, string? Subject, string? SerialNumber);

/// <summary>Reads the subjects of events from their rows.</summary>
internal sealed class NotificationSubjects(IStateStore states, NotificationOptions options)
{
    /// <summary>The request, grant or account that an event is about; null for other events, and if it does not exist.</summary>
    public async Task<NotificationSubject?> ReadAsync(NotificationEvent happened, CancellationToken cancellationToken) =>
        happened.Subject?.Split('/') switch
        {
            [StateTypes.ApprovalRequest, var id]
                when await states.FindAsync<ApprovalRequestState>(StateTypes.ApprovalRequest, id, cancellationToken) is { } request =>
                new NotificationSubject.OfRequest(await TellAsync(request.State, cancellationToken), request.State),
            [StateTypes.Grant, var id]
                when await states.FindAsync<GrantState>(StateTypes.Grant, id, cancellationToken) is { } grant =>
                new NotificationSubject.OfGrant(await TellAsync(grant.State, cancellationToken), grant.State),
            [StateTypes.User, var id] => new NotificationSubject.OfPerson(id, options.PublicUrl),
            _ => null,
        };

    private async Task<ToldRequest> TellAsync(ApprovalRequestState request, CancellationToken cancellationToken)
    {
        var signer = await FindSignerAsync(request.SignerId, cancellationToken);
        var step = request.CurrentStep < request.Policy.Steps.Length ? request.Policy.Steps[request.CurrentStep] : null;
        var given = request.Ballots.Count(ballot => ballot is { Approved: true, IsVoid: false } && ballot.Step == request.CurrentStep);
        var isApproved = request is { Kind: RequestKind.Signing, Status: RequestStatus.Approved };
        return new ToldRequest(
            request.Id,
            request.Kind,
            request.Requester,
            request.Justification,
            request.SignerName,
            await TellAsync(request.CertificateThumbprint, signer, cancellationToken),
            request.Policy.Name,
            step is null ? null : request.CurrentStep + 1,
            step?.Name,
            request.Policy.Steps.Length,
            step is null ? null : Math.Max(0, step.RequiredApprovals - given),
            request.RequestedSignings,
            request.WindowStart,
            request.WindowEnd,
            request.WindowDuration is { } duration ? Duration.ToText(duration) : null,
            request.Scope,
            request.ExpiresAt,
            (request.Status == RequestStatus.Cancelled ? signer?.FindStop(request.SignerGeneration)?.Reason : null)
                ?? request.Ballots.LastOrDefault(ballot => !ballot.IsVoid)?.Comment,
            isApproved ? RequestIds.GrantOf(request.Id) : null,
            new Uri(options.PublicUrl, $"/requests/{request.Id}"));
    }

    private async Task<ToldGrant> TellAsync(GrantState grant, CancellationToken cancellationToken)
    {
        var signer = await FindSignerAsync(grant.SignerId, cancellationToken);
        var names = await PrincipalNames.ReadAsync(states, Caller.System, [grant.Grantee], cancellationToken);
        return new ToldGrant(
            grant.Id,
            names.Show(grant.Grantee),
            grant.Justification,
            signer?.Name ?? grant.SignerId,
            await TellAsync(grant.CertificateThumbprint, signer, cancellationToken),
            grant.MaxSignings,
            grant.WindowStart,
            grant.WindowEnd,
            grant.Scope,
            grant.Revocation?.Reason ?? signer?.FindStop(grant.SignerGeneration)?.Reason,
            new Uri(options.PublicUrl, grant.RequestId is { } requestId ? $"/requests/{requestId}" : $"/signers/{signer?.Name ?? grant.SignerId}"));
    }

    private async Task<ToldCertificate?> TellAsync(string? thumbprint, SignerState? signer, CancellationToken cancellationToken)
    {
        if (thumbprint is null)
        {
            return null;
        }

        var certificate = signer is null
            ? null
            : await states.FindAsync<CertificateState>(StateTypes.Certificate, signer.CertificateId, cancellationToken);
        return certificate?.State is { Issued: { } issued } state && issued.Thumbprint == thumbprint
            ? new ToldCertificate(thumbprint, state.Subject, issued.SerialNumber)
            : new ToldCertificate(thumbprint, null, null);
    }

    private async Task<SignerState?> FindSignerAsync(string? id, CancellationToken cancellationToken) =>
        id is null ? null : (await states.FindAsync<SignerState>(StateTypes.Signer, id, cancellationToken))?.State;
}
