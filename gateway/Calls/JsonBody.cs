using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Gateway.Auth;
using CodeSigning.Gateway.Json;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Http.Metadata;

namespace CodeSigning.Gateway.Calls;

/// <summary>
/// A request's JSON body, parsed strictly: anything that is not exactly a <typeparamref name="T"/> is refused with a
/// message that names the field. The bytes are zeroed after the request, since they may contain a password or a key.
/// </summary>
internal sealed class JsonBody<T>(T value) : IEndpointParameterMetadataProvider
    where T : class
{
    /// <summary>The parsed body.</summary>
    public T Value { get; } = value;

    private static bool HoldsSecrets => typeof(T).IsAssignableTo(typeof(IDisposable));

    /// <summary>Called by the framework for a handler's parameter.</summary>
    public static async ValueTask<JsonBody<T>?> BindAsync(HttpContext context)
    {
        context.GetEndpoint()?.Metadata.GetMetadata<ReadsBodyOf>()?.Require(context.GetCaller());
        JsonContentType.Require(context.Request);
        var body = await RequestBody.ReadAsync(context);
        var bytes = body[PastedText.LengthOfMark(body.Span)..];
        JsonText.Check(bytes.Span);

        // A body that the serializer gives up half-way leaves the secrets that it has read so far.
        if (HoldsSecrets && JsonMistake.Find(typeof(T), bytes) is { } found)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, found);
        }

        try
        {
            var value = JsonSerializer.Deserialize<T>(bytes.Span, ContractJson.Options)
                ?? throw new RefusedException(ErrorCode.InvalidRequest, "The body is null: expected a JSON object.");
            if (value is IDisposable secret)
            {
                context.Response.RegisterForDispose(secret);
            }

            return new JsonBody<T>(value);
        }
        catch (JsonException mistake)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, JsonMistake.Describe(typeof(T), bytes, mistake));
        }
    }

    /// <summary>Describes the body in the OpenAPI document.</summary>
    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T)));
}

/// <summary>
/// Describes a malformed body in the contract's terms. The serializer's own messages name .NET types, so the text is
/// compared with the type's fields again.
/// </summary>
internal static class JsonMistake
{
    /// <summary>A message about the first error.</summary>
    public static string Describe(Type type, ReadOnlyMemory<byte> text, JsonException mistake) => Find(type, text)
        ?? $"{Name(mistake.Path?.TrimStart('$').TrimStart('.'))} is invalid: see the API description for its format.";

    /// <summary>A message about the first error; null if there is none. No value of the text is left in memory.</summary>
    public static string? Find(Type type, ReadOnlyMemory<byte> text)
    {
        // The document reads from the text itself.
        using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = ContractJson.MaxDepth });
        return Find(document.RootElement, TypeOf(type), "", []);
    }

    // A type that may be null is described as the type itself.
    private static JsonTypeInfo TypeOf(Type type) => ContractJson.Options.GetTypeInfo(Nullable.GetUnderlyingType(type) ?? type);

    private static string? Find(JsonElement element, JsonTypeInfo type, string path, IReadOnlyList<object> offered) => type.Kind switch
    {
        JsonTypeInfoKind.Object => element.ValueKind switch
        {
            JsonValueKind.Object => FindInObject(element, type, path, offered),
            JsonValueKind.Null => null,
            _ => $"{Name(path)} is invalid: expected an object with {MembersOf(type)}.",
        },
        JsonTypeInfoKind.Dictionary when type.ElementType is { } values => element.ValueKind switch
        {
            JsonValueKind.Object => FindInDictionary(element, TypeOf(values), path, offered),
            JsonValueKind.Null => null,
            _ => $"{Name(path)} is invalid: expected an object.",
        },
        JsonTypeInfoKind.Enumerable when type.ElementType is { } items => element.ValueKind switch
        {
            JsonValueKind.Array => FindInArray(element, TypeOf(items), path, offered),
            JsonValueKind.Null => null,
            _ => $"{Name(path)} is invalid: expected an array.",
        },
        _ => FindInValue(element, type.Type, path, offered),
    };

    private static string? FindInObject(JsonElement element, JsonTypeInfo type, string path, IReadOnlyList<object> offered)
    {
        var seen = new HashSet<string>();
        foreach (var member in element.EnumerateObject())
        {
            var memberPath = Join(path, member.Name);
            if (type.Properties.FirstOrDefault(property => property.Name == member.Name) is not { } property)
            {
                return $"{Name(memberPath)} is unknown: expected {MembersOf(type)}.";
            }

            if (!seen.Add(member.Name))
            {
                return $"{Name(memberPath)} is given twice.";
            }

            if (member.Value.ValueKind == JsonValueKind.Null && !property.IsSetNullable)
            {
                return $"{Name(memberPath)} cannot be null.";
            }

            if (IsFile(property, member.Value))
            {
                continue;
            }

            if (Find(member.Value, TypeOf(property.PropertyType), memberPath, OfferedBy(property) ?? offered) is { } mistake)
            {
                return mistake;
            }
        }

        return type.Properties.FirstOrDefault(property => property.IsRequired && !seen.Contains(property.Name)) is { } missing
            ? $"{Name(Join(path, missing.Name))} is missing."
            : null;
    }

    private static string? FindInDictionary(JsonElement element, JsonTypeInfo values, string path, IReadOnlyList<object> offered)
    {
        var seen = new HashSet<string>();
        foreach (var member in element.EnumerateObject())
        {
            if (!seen.Add(member.Name))
            {
                return $"{Name(Join(path, member.Name))} is given twice.";
            }

            if (Find(member.Value, values, Join(path, member.Name), offered) is { } mistake)
            {
                return mistake;
            }
        }

        return null;
    }

    private static string? FindInArray(JsonElement element, JsonTypeInfo items, string path, IReadOnlyList<object> offered)
    {
        var index = 0;
        foreach (var item in element.EnumerateArray())
        {
            if (Find(item, items, $"{path}[{index++}]", offered) is { } mistake)
            {
                return mistake;
            }
        }

        return null;
    }

    private static string? FindInValue(JsonElement element, Type type, string path, IReadOnlyList<object> offered) => element.ValueKind switch
    {
        JsonValueKind.Null => null,
        var kind when (type == typeof(string) || type == typeof(SecretText)) && kind != JsonValueKind.String => $"{Name(path)} must be a string.",
        var kind when type == typeof(OptionalText) && kind != JsonValueKind.String => $"{Name(path)} must be a string or null.",
        var kind when type == typeof(bool) && kind is not (JsonValueKind.True or JsonValueKind.False) =>
            $"{Name(path)} must be true or false.",
        var kind when (type == typeof(int) || type == typeof(long))
            && (kind != JsonValueKind.Number || !element.TryGetInt64(out var number) || (type == typeof(int) && number != (int)number)) =>
            $"{Name(path)} must be a whole number.",
        var kind when type.IsEnum && (kind != JsonValueKind.String || !Words(type, []).Any(element.ValueEquals)) =>
            $"{Name(path)} must be one of {string.Join(", ", Words(type, offered))}.",
        var kind when type == typeof(DateTimeOffset) && (kind != JsonValueKind.String || !element.TryGetDateTimeOffset(out _)) =>
            $"{Name(path)} must be a time such as 2026-01-31T12:00:00Z.",
        var kind when type == typeof(ReadOnlyMemory<byte>) && (kind != JsonValueKind.String || !Decodes(Base64Converter.Instance, element)) =>
            $"{Name(path)} must be base64.",
        _ => null,
    };

    // A file may be PEM too.
    private static bool IsFile(JsonPropertyInfo property, JsonElement value) =>
        value.ValueKind == JsonValueKind.String
        && property.AttributeProvider?.GetCustomAttributes(typeof(JsonConverterAttribute), inherit: false) is [JsonConverterAttribute { ConverterType: var converter }]
        && converter == typeof(FileBytesConverter)
        && Decodes(FileBytesConverter.Instance, value);

    private static bool Decodes(PastedBytesConverter converter, JsonElement value)
    {
        Utf8JsonReader reader = new(JsonMarshal.GetRawUtf8Value(value));
        return reader.Read() && converter.CanRead(ref reader);
    }

    private static IReadOnlyList<object>? OfferedBy(JsonPropertyInfo property) =>
        property.AttributeProvider?.GetCustomAttributes(typeof(OffersAttribute), inherit: false).OfType<OffersAttribute>().FirstOrDefault()?.Values;

    // All values of the enumeration, unless the body's member takes only some.
    private static IEnumerable<string> Words(Type type, IReadOnlyList<object> offered) =>
        (offered.Where(value => value.GetType() == type).Select(value => value.ToString()!).ToArray() is { Length: > 0 } some ? some : Enum.GetNames(type))
            .Select(JsonNamingPolicy.CamelCase.ConvertName);

    private static string MembersOf(JsonTypeInfo type) => string.Join(", ", type.Properties.Select(property => property.Name));

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static string Name(string? path) => string.IsNullOrEmpty(path) ? "The body" : $"The field '{path}'";
}

/// <summary>
/// Restricts whose body an endpoint reads, so that a large body is not read for a caller who would be refused anyway.
/// </summary>
/// <param name="Require">Refuses callers that may not make the call.</param>
internal sealed record ReadsBodyOf(Action<Caller> Require);
