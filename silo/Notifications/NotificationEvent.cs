using System.Text;
using System.Text.Json;

namespace CodeSigning.Silo.Notifications;

/// <summary>Something that happened, as those who want to hear of it are told.</summary>
/// <param name="Id">Names the event; a receiver that gets it twice knows by this.</param>
/// <param name="Type">One of <see cref="EventTypes"/>.</param>
/// <param name="Subject">What it happened to, as <c>type/id</c>; null for a denial.</param>
/// <param name="Body">The JSON that is sent: <c>{id, type, at, data}</c>.</param>
internal sealed record NotificationEvent(string Id, string Type, string? Subject, string Body)
{
    private static readonly string[] Told =
        ["operationId", "action", "subject", "outcome", "code", "actor", "signerId", "signerName", "grantId", "changes", "count"];

    /// <summary>The event that a ledger entry tells of; null where it is none. Neither data nor signatures are passed on.</summary>
    public static NotificationEvent? Of(JsonElement entry)
    {
        var type = entry.TryGetProperty("action", out var action)
            ? EventTypes.OfActions.GetValueOrDefault(action.GetString()!)
            : entry.GetProperty("outcome").GetString() == "denied" ? EventTypes.SigningDenied : null;
        if (type is null)
            return null;

        var id = entry.GetProperty("operationId").GetString()!;
        var body = Write(id, type, entry.GetProperty("at").GetString()!, json =>
        {
            foreach (var member in entry.EnumerateObject().Where(member => Told.Contains(member.Name)))
                member.WriteTo(json);
        });
        return new NotificationEvent(
            id, type, entry.TryGetProperty("subject", out var subject) ? subject.GetString() : null, body);
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
}
