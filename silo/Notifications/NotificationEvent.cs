using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Silo.Notifications;

/// <summary>A notification event.</summary>
/// <param name="Id">The event's id, by which receivers detect duplicates.</param>
/// <param name="Type">One of <see cref="EventTypes"/>.</param>
/// <param name="Subject">The subject, as <c>type/id</c>; null for a denial.</param>
/// <param name="Body">The JSON to send: <c>{id, type, at, data}</c>.</param>
/// <param name="ActorId">The causing principal; null for none.</param>
/// <param name="ActorName">Its name at that time; null for the service itself.</param>
internal sealed record NotificationEvent(
    string Id, string Type, string? Subject, string Body, string? ActorId = null, string? ActorName = null)
{
    private const string End = "}}";

    private static readonly string[] ToldOfEnds = ["operationId", "action", "subject", "outcome", "actor", "signerId", "signerName"];

    private static readonly string[] Told =
        ["operationId", "action", "subject", "outcome", "code", "actor", "signerId", "signerName", "grantId", "changes", "count"];

    /// <summary>The events of an administrative entry, often none.</summary>
    public static IReadOnlyList<NotificationEvent> Of(JsonElement entry)
    {
        var type = entry.TryGetProperty("action", out var action)
            ? EventTypes.OfActions.GetValueOrDefault(action.GetString()!)
            : null;
        if (type is null)
        {
            return EndedBy(entry);
        }

        var subject = entry.TryGetProperty("subject", out var named) ? named.GetString() : null;
        var told = Of(entry, type, entry.GetProperty("operationId").GetString()!, subject, Told);
        return [told, .. EndedBy(entry)];
    }

    /// <summary>
    /// The event of a group of denials: the first entry with the number of attempts and the time of the last. Data and
    /// signatures are not included.
    /// </summary>
    public static NotificationEvent OfDenials(IReadOnlyList<JsonElement> alike)
    {
        var attempts = alike.Sum(entry => entry.TryGetProperty("count", out var count) ? count.GetInt64() : 1);
        var id = alike[0].GetProperty("operationId").GetString()!;
        var body = Write(id, EventTypes.SigningDenied, alike[0].GetProperty("at").GetString()!, json =>
        {
            foreach (var member in alike[0].EnumerateObject().Where(member => member.Name != "count" && Told.Contains(member.Name)))
            {
                member.WriteTo(json);
            }

            if (attempts == 1)
            {
                return;
            }

            json.WriteNumber("count"u8, attempts);
            json.WriteString("lastAt"u8, alike[^1].GetProperty("at").GetString());
        });
        return new NotificationEvent(id, EventTypes.SigningDenied, null, body, ActorOf(alike[0]));
    }

    /// <summary>The event with another member of its data.</summary>
    /// <param name="name">The member's name.</param>
    /// <param name="json">Its value as JSON.</param>
    public NotificationEvent Adding(string name, string json) => this with
    {
        Body = $"{Body[..^End.Length]}{(Body.EndsWith("{" + End, StringComparison.Ordinal) ? "" : ",")}\"{name}\":{json}{End}",
    };

    /// <summary>Writes an event's JSON.</summary>
    public static string Write(string id, string type, string at, Action<Utf8JsonWriter> data)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, ContractJson.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("id"u8, id);
            json.WriteString("type"u8, type);
            json.WriteString("at"u8, at);
            json.WriteStartObject("data"u8);
            data(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    // An emergency stop ends many grants and requests with few entries; each gets its own event.
    private static NotificationEvent[] EndedBy(JsonElement entry)
    {
        if (!entry.TryGetProperty("action", out var action) || !EventTypes.Endings.Contains(action.GetString()!))
        {
            return [];
        }

        var changes = entry.GetProperty("changes");
        return
        [
            .. Ended("revokedGrants", EventTypes.GrantRevoked, StateTypes.Grant),
            .. Ended("cancelledRequests", EventTypes.RequestCancelled, StateTypes.ApprovalRequest),
        ];

        IEnumerable<NotificationEvent> Ended(string member, string type, string stateType) =>
            from id in ListOf(changes, member).Select(id => id.GetString())
            select Of(entry, type, $"{entry.GetProperty("operationId").GetString()}/{id}", $"{stateType}/{id}", ToldOfEnds);
    }

    // Entries of earlier releases contain the list itself; later ones an "added" list, cut to the first items if long.
    private static JsonElement[] ListOf(JsonElement changes, string member) =>
        !changes.TryGetProperty(member, out var list) ? []
        : list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()]
        : list.TryGetProperty("added", out _) ? ListOf(list, "added")
        : ListOf(list, "first");

    private static NotificationEvent Of(JsonElement entry, string type, string id, string? subject, string[] members)
    {
        var body = Write(id, type, entry.GetProperty("at").GetString()!, json =>
        {
            foreach (var member in entry.EnumerateObject().Where(member => members.Contains(member.Name)))
            {
                if (member.Name == "subject")
                {
                    json.WriteString("subject"u8, subject);
                }
                else
                {
                    member.WriteTo(json);
                }
            }
        });
        return new NotificationEvent(id, type, subject, body, ActorOf(entry), NameOf(entry));
    }

    private static string? NameOf(JsonElement entry) =>
        entry.TryGetProperty("actor", out var actor) && actor.GetProperty("id").GetString() != Caller.System.Id
        && actor.TryGetProperty("name", out var name) ? name.GetString() : null;

    private static string? ActorOf(JsonElement entry) =>
        entry.TryGetProperty("actor", out var actor) ? actor.GetProperty("id").GetString() : null;
}

/// <summary>The event types of the contract: never rename or remove one.</summary>
public static class EventTypes
{
    /// <summary>A certificate expires within 30, 7 or 1 days.</summary>
    public const string CertificateExpiring = "certificate.expiring";

    /// <summary>A signature was denied.</summary>
    public const string SigningDenied = "signing.denied";

    /// <summary>A grant was revoked.</summary>
    public const string GrantRevoked = "grant.revoked";

    /// <summary>A request was cancelled, or ended by an emergency stop.</summary>
    public const string RequestCancelled = "request.cancelled";

    /// <summary>An emergency stop of a signer.</summary>
    public const string SignerStopped = "signer.stopped";

    /// <summary>A verification of the whole ledger found problems.</summary>
    public const string LedgerProblem = "ledger.problem";

    /// <summary>A person enrolled a second factor.</summary>
    public const string SecondFactorEnrolled = "second-factor.enrolled";

    /// <summary>A person removed their second factor.</summary>
    public const string SecondFactorRemoved = "second-factor.removed";

    /// <summary>A product administrator removed another person's second factor.</summary>
    public const string SecondFactorReset = "second-factor.reset";

    /// <summary>A person used a recovery code.</summary>
    public const string RecoveryCodeUsed = "recovery-code.used";

    /// <summary>A person made new recovery codes.</summary>
    public const string RecoveryCodesRenewed = "recovery-codes.renewed";

    /// <summary>A person added a passkey.</summary>
    public const string PasskeyAdded = "passkey.added";

    /// <summary>A person removed a passkey.</summary>
    public const string PasskeyRemoved = "passkey.removed";

    /// <summary>A passkey's counter went back: somebody may have a copy.</summary>
    public const string PasskeySuspect = "passkey.suspect";

    /// <summary>The break-glass administrator signed in where local accounts are switched off.</summary>
    public const string BreakGlassUsed = "break-glass.used";

    /// <summary>A request is waiting for approval.</summary>
    public const string RequestCreated = "request.created";

    /// <summary>A step of a request is complete, and the next one's approvers are asked.</summary>
    public const string RequestAdvanced = "request.advanced";

    /// <summary>A request that still waits for approval expires soon.</summary>
    public const string RequestExpiring = "request.expiring";

    /// <summary>A request was approved.</summary>
    public const string RequestApproved = "request.approved";

    /// <summary>A request was rejected.</summary>
    public const string RequestRejected = "request.rejected";

    /// <summary>A request expired.</summary>
    public const string RequestExpired = "request.expired";

    /// <summary>A request can no longer be approved.</summary>
    public const string RequestUnreachable = "request.unreachable";

    /// <summary>The event types of administrative actions, by the entry's action.</summary>
    public static ImmutableDictionary<string, string> OfActions { get; } = new Dictionary<string, string>
    {
        ["request.create"] = RequestCreated,
        ["request.completeStep"] = RequestAdvanced,
        ["request.approve"] = RequestApproved,
        ["request.reject"] = RequestRejected,
        ["request.cancel"] = RequestCancelled,
        ["request.expire"] = RequestExpired,
        ["request.unreachable"] = RequestUnreachable,
        ["grant.revoke"] = GrantRevoked,
        ["signer.stop"] = SignerStopped,
        ["user.enrolSecondFactor"] = SecondFactorEnrolled,
        ["user.removeSecondFactor"] = SecondFactorRemoved,
        ["user.resetSecondFactor"] = SecondFactorReset,
        ["user.useRecoveryCode"] = RecoveryCodeUsed,
        ["user.renewRecoveryCodes"] = RecoveryCodesRenewed,
        ["user.addPasskey"] = PasskeyAdded,
        ["user.removePasskey"] = PasskeyRemoved,
        ["user.suspectPasskey"] = PasskeySuspect,
        ["user.breakGlass"] = BreakGlassUsed,
        ["ledger.verify"] = LedgerProblem,
    }.ToImmutableDictionary();

    /// <summary>The actions whose entries list ended grants and requests.</summary>
    public static ImmutableHashSet<string> Endings { get; } = ["signer.stop", "signer.revoke-grants", "signer.cancel-requests"];

    /// <summary>All event types.</summary>
    public static ImmutableArray<string> All { get; } = [.. OfActions.Values.Order(), SigningDenied, CertificateExpiring, RequestExpiring];

    /// <summary>Those that ask the approvers of a request's current step to decide it.</summary>
    public static ImmutableHashSet<string> Asking { get; } = [RequestCreated, RequestAdvanced, RequestExpiring];
}
