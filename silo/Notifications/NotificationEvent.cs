using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Notifications;

/// <summary>Something that happened, as those who want to hear of it are told.</summary>
/// <param name="Id">Names the event; a receiver that gets it twice knows by this.</param>
/// <param name="Type">One of <see cref="EventTypes"/>.</param>
/// <param name="Subject">What it happened to, as <c>type/id</c>; null for a denial.</param>
/// <param name="Body">The JSON that is sent: <c>{id, type, at, data}</c>.</param>
/// <param name="ActorId">Who caused it; null for what nobody did.</param>
internal sealed record NotificationEvent(string Id, string Type, string? Subject, string Body, string? ActorId = null)
{
    private static readonly string[] ToldOfEnds = ["operationId", "action", "subject", "outcome", "actor", "signerId", "signerName"];

    private static readonly string[] Told =
        ["operationId", "action", "subject", "outcome", "code", "actor", "signerId", "signerName", "grantId", "changes", "count"];

    /// <summary>The events that an entry of administration tells of, often none.</summary>
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
    /// The event that entries of denials alike tell of together, the first of them with how many attempts there were and when
    /// the last entry was made. Neither data nor signatures are passed on.
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

    /// <summary>An event that no entry tells of.</summary>
    public static string Write(string id, string type, string at, Action<Utf8JsonWriter> data)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
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

    // An emergency stop ends many things, so many of them with an entry. Who waits for one hears of it as of any other end.
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

    // Entries of earlier versions have the list itself; later ones what was added, and of many the first.
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
        return new NotificationEvent(id, type, subject, body, ActorOf(entry));
    }

    private static string? ActorOf(JsonElement entry) =>
        entry.TryGetProperty("actor", out var actor) ? actor.GetProperty("id").GetString() : null;
}

/// <summary>What can be heard of. The words are the contract's: they only ever grow.</summary>
public static class EventTypes
{
    /// <summary>A certificate ends within 30, 7 or 1 days.</summary>
    public const string CertificateExpiring = "certificate.expiring";

    /// <summary>A signature was denied.</summary>
    public const string SigningDenied = "signing.denied";

    /// <summary>A grant was revoked.</summary>
    public const string GrantRevoked = "grant.revoked";

    /// <summary>A request was taken back, or an emergency stop ended it.</summary>
    public const string RequestCancelled = "request.cancelled";

    /// <summary>A signer was stopped in an emergency.</summary>
    public const string SignerStopped = "signer.stopped";

    /// <summary>A verification of the whole ledger found problems.</summary>
    public const string LedgerProblem = "ledger.problem";

    /// <summary>A request waits for approval.</summary>
    public const string RequestCreated = "request.created";

    /// <summary>The administrative actions that are events, by the entry's word for them.</summary>
    public static ImmutableDictionary<string, string> OfActions { get; } = new Dictionary<string, string>
    {
        ["request.create"] = RequestCreated,
        ["request.approve"] = "request.approved",
        ["request.reject"] = "request.rejected",
        ["request.cancel"] = RequestCancelled,
        ["request.expire"] = "request.expired",
        ["request.unreachable"] = "request.unreachable",
        ["grant.revoke"] = GrantRevoked,
        ["signer.stop"] = SignerStopped,
        ["ledger.verify"] = LedgerProblem,
    }.ToImmutableDictionary();

    /// <summary>The actions whose entries name the grants and requests that they ended.</summary>
    public static ImmutableHashSet<string> Endings { get; } = ["signer.stop", "signer.revoke-grants", "signer.cancel-requests"];

    /// <summary>All of them.</summary>
    public static ImmutableArray<string> All { get; } = [.. OfActions.Values.Order(), SigningDenied, CertificateExpiring];
}
