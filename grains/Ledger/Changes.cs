using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodeSigning.Contract;

namespace CodeSigning.Grains.Ledger;

/// <summary>
/// The changes of an administrative act, as its entry records them: a JSON object of the changed fields. A changed
/// value is <c>{"from": …, "to": …}</c>, a changed list <c>{"added": […], "removed": […]}</c>; a creation has <c>to</c>
/// only, a deletion <c>from</c> only. A change pending approval is under <c>pending</c>, with the request's id.
/// Immutable. See docs/ledger-format.md.
/// </summary>
/// <remarks>Callers pass the recorded part of a state, which never contains a secret.</remarks>
public sealed class Changes
{
    /// <summary>The maximum size of the JSON in bytes; larger changes are cut.</summary>
    public const int MaxLength = 64 * 1024;

    /// <summary>The maximum number of items kept of a list; fewer if the JSON is still too large.</summary>
    public const int MaxItems = 500;

    private const string PendingMember = "pending";

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly JsonObject _members;

    private Changes(JsonObject members) => _members = members;

    /// <summary>Nothing changed.</summary>
    public static Changes None { get; } = new([]);

    /// <summary>Whether there is nothing to record: no change and none pending.</summary>
    public bool IsEmpty => _members.Count == 0;

    /// <summary>The changes of a creation.</summary>
    public static Changes Making(object made) => Each(made, "to");

    /// <summary>The changes of a deletion.</summary>
    public static Changes Deleting(object deleted) => Each(deleted, "from");

    /// <summary>
    /// The differences between two states. Objects are compared member by member, and nested members are named by path
    /// (<c>steps.1.approvers</c>); lists are compared as sets.
    /// </summary>
    public static Changes Between(object before, object after)
    {
        var members = new JsonObject();
        Compare(members, "", ToNode(before), ToNode(after));
        return new Changes(members);
    }

    /// <summary>Adds a replaced value, even if the old and the new value read the same.</summary>
    public Changes Replacing(string name, object? from, object? to) =>
        With(name, new JsonObject { ["from"] = ToNode(from), ["to"] = ToNode(to) });

    /// <summary>Adds a detail of the act, such as its reason; nothing for null.</summary>
    public Changes Saying(string name, object? value) =>
        value is null ? this : With(name, new JsonObject { ["to"] = ToNode(value) });

    /// <summary>Adds the items added to a list; nothing if there are none.</summary>
    public Changes Adding(string name, params IEnumerable<object> items) => Listing(name, "added", items);

    /// <summary>Adds the items removed from a list; nothing if there are none.</summary>
    public Changes Removing(string name, params IEnumerable<object> items) => Listing(name, "removed", items);

    /// <summary>Adds the changes that take effect once a request is approved.</summary>
    public Changes Awaiting(string requestId, Changes asked) => With(
        PendingMember,
        new JsonObject { ["requestId"] = requestId, ["changes"] = BoundedJson.Fit(asked._members, MaxLength / 2) });

    /// <summary>The object as UTF-8 JSON of at most <see cref="MaxLength"/> bytes.</summary>
    public byte[] ToJson() => Write(BoundedJson.Fit(_members, MaxLength));

    /// <summary>The object for inclusion in another entry, of at most half of <see cref="MaxLength"/>.</summary>
    internal JsonObject ToNode() => BoundedJson.Fit(_members, MaxLength / 2);

    internal static byte[] Write(JsonNode? node)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            WriteTo(json, node);
        }

        return buffer.ToArray();
    }

    private static void WriteTo(Utf8JsonWriter json, JsonNode? node)
    {
        if (node is null)
        {
            json.WriteNullValue();
            return;
        }

        node.WriteTo(json);
    }

    private static Changes Each(object state, string side)
    {
        var members = new JsonObject();
        foreach (var (name, value) in ToNode(state)!.AsObject())
        {
            members[name] = new JsonObject { [side] = value?.DeepClone() };
        }

        return new Changes(members);
    }

    private Changes Listing(string name, string side, IEnumerable<object> items)
    {
        var list = new JsonArray([.. items.Select(ToNode)]);
        return list.Count == 0 ? this : With(name, new JsonObject { [side] = list });
    }

    private Changes With(string name, JsonObject value)
    {
        var members = _members.DeepClone().AsObject();
        members[name] = value;
        return new Changes(members);
    }

    private static void Compare(JsonObject members, string path, JsonNode? before, JsonNode? after)
    {
        switch (before, after)
        {
            case (JsonObject old, JsonObject next):
                foreach (var name in old.Select(member => member.Key).Union(next.Select(member => member.Key)))
                {
                    Compare(members, path.Length == 0 ? name : $"{path}.{name}", old[name], next[name]);
                }

                break;
            case var _ when JsonNode.DeepEquals(before, after):
                break;
            case (JsonArray old, JsonArray next) when CompareLists(old, next) is { } difference:
                members[path] = difference;
                break;
            default:
                members[path] = new JsonObject { ["from"] = before?.DeepClone(), ["to"] = after?.DeepClone() };
                break;
        }
    }

    /// <summary>Null if the lists differ only in order.</summary>
    private static JsonObject? CompareLists(JsonArray before, JsonArray after)
    {
        var added = Except(after, before);
        var removed = Except(before, after);
        return (added.Count, removed.Count) switch
        {
            (0, 0) => null,
            (_, 0) => new JsonObject { ["added"] = added },
            (0, _) => new JsonObject { ["removed"] = removed },
            _ => new JsonObject { ["added"] = added, ["removed"] = removed },
        };
    }

    private static JsonArray Except(JsonArray list, JsonArray other)
    {
        var known = other.Select(item => Convert.ToBase64String(Write(item))).ToHashSet(StringComparer.Ordinal);
        return new JsonArray(
            [.. list.Where(item => !known.Contains(Convert.ToBase64String(Write(item)))).Select(item => item?.DeepClone())]);
    }

    private static JsonNode? ToNode(object? value) => value switch
    {
        null => null,
        JsonNode node => node.DeepClone(),
        _ => JsonSerializer.SerializeToNode(value, value.GetType(), ContractJson.Options),
    };

    /// <summary>
    /// Bounds JSON: content cut is replaced by its size and SHA-256, computed over its UTF-8 JSON without white space.
    /// </summary>
    private static class BoundedJson
    {
        private const int MaxText = 2048;
        private const int FewItems = 20;
        private const int TextStart = 256;

        /// <summary>The maximum size of a digest in bytes.</summary>
        private const int DigestLength = 128;

        /// <summary>Cuts long texts and lists, then the longest members, until the object fits.</summary>
        public static JsonObject Fit(JsonObject whole, int maxLength)
        {
            var fitting = CutAll(whole, MaxItems);
            var length = Write(fitting).Length;
            if (length > maxLength)
            {
                fitting = CutAll(whole, FewItems);
                length = Write(fitting).Length;
            }

            var longest = length <= maxLength
                ? []
                : fitting.Select(member => (Name: member.Key, Write(member.Value).Length)).OrderByDescending(member => member.Length).ToArray();
            foreach (var (name, memberLength) in longest.TakeWhile(member => member.Length > DigestLength))
            {
                fitting[name] = Digest(whole[name]);
                length -= memberLength - DigestLength;
                if (length <= maxLength)
                {
                    break;
                }
            }

            return length <= maxLength ? fitting : new JsonObject { ["members"] = Digest(whole) };
        }

        private static JsonObject CutAll(JsonObject whole, int maxItems) =>
            new(whole.Select(member => KeyValuePair.Create(member.Key, Cut(member.Value, maxItems))));

        private static JsonNode? Cut(JsonNode? node, int maxItems) => node switch
        {
            JsonObject members when members.Count > maxItems =>
                CutList(members.Count, node, CutAll(new JsonObject(members.Take(maxItems).Select(Copy)), maxItems)),
            JsonObject members => CutAll(members, maxItems),
            JsonArray list when list.Count > maxItems =>
                CutList(list.Count, node, new JsonArray([.. list.Take(maxItems).Select(item => Cut(item, maxItems))])),
            JsonArray list => new JsonArray([.. list.Select(item => Cut(item, maxItems))]),
            JsonValue value when value.TryGetValue<string>(out var text) && text.Length > MaxText =>
                With(Digest(node), "start", text[..TextStart]),
            _ => node?.DeepClone(),
        };

        private static KeyValuePair<string, JsonNode?> Copy(KeyValuePair<string, JsonNode?> member) =>
            KeyValuePair.Create(member.Key, member.Value?.DeepClone());

        private static JsonObject CutList(int count, JsonNode whole, JsonNode first)
        {
            var cut = With(Digest(whole), "first", first);
            cut.Insert(0, "count", count);
            return cut;
        }

        private static JsonObject With(JsonObject digest, string name, JsonNode value)
        {
            digest[name] = value;
            return digest;
        }

        private static JsonObject Digest(JsonNode? whole)
        {
            var text = Write(whole);
            return new JsonObject { ["length"] = text.Length, ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(text)) };
        }
    }
}
