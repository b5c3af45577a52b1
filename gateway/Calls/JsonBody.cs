using System.Reflection;
using System.Text.Json;
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

    /// <summary>Called by the framework for a handler's parameter.</summary>
    public static async ValueTask<JsonBody<T>?> BindAsync(HttpContext context)
    {
        context.GetEndpoint()?.Metadata.GetMetadata<ReadsBodyOf>()?.Require(context.GetCaller());
        JsonContentType.Require(context.Request);
        var bytes = await RequestBody.ReadAsync(context);
        JsonText.Check(bytes.Span);
        try
        {
            return new JsonBody<T>(
                JsonSerializer.Deserialize<T>(bytes.Span, ContractJson.Options)
                ?? throw new RefusedException(ErrorCode.InvalidRequest, "The body is null: expected a JSON object."));
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
    public static string Describe(Type type, ReadOnlyMemory<byte> text, JsonException mistake)
    {
        using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = ContractJson.MaxDepth });
        return Find(document.RootElement, ContractJson.Options.GetTypeInfo(type), "")
            ?? $"{Name(mistake.Path?.TrimStart('$').TrimStart('.'))} is invalid: see the API description for its format.";
    }

    private static string? Find(JsonElement element, JsonTypeInfo type, string path) => type.Kind switch
    {
        JsonTypeInfoKind.Object => element.ValueKind switch
        {
            JsonValueKind.Object => FindInObject(element, type, path),
            JsonValueKind.Null => null,
            _ => $"{Name(path)} is invalid: expected an object.",
        },
        JsonTypeInfoKind.Enumerable when type.ElementType is { } items => element.ValueKind switch
        {
            JsonValueKind.Array => FindInArray(element, ContractJson.Options.GetTypeInfo(items), path),
            JsonValueKind.Null => null,
            _ => $"{Name(path)} is invalid: expected an array.",
        },
        _ => FindInValue(element, Nullable.GetUnderlyingType(type.Type) ?? type.Type, path),
    };

    private static string? FindInObject(JsonElement element, JsonTypeInfo type, string path)
    {
        var seen = new HashSet<string>();
        foreach (var member in element.EnumerateObject())
        {
            var memberPath = Join(path, member.Name);
            if (type.Properties.FirstOrDefault(property => property.Name == member.Name) is not { } property)
            {
                return $"{Name(memberPath)} is unknown.";
            }

            if (!seen.Add(member.Name))
            {
                return $"{Name(memberPath)} is given twice.";
            }

            if (member.Value.ValueKind == JsonValueKind.Null && !property.IsSetNullable)
            {
                return $"{Name(memberPath)} cannot be null.";
            }

            if (Find(member.Value, ContractJson.Options.GetTypeInfo(property.PropertyType), memberPath) is { } mistake)
            {
                return mistake;
            }
        }

        return type.Properties.FirstOrDefault(property => property.IsRequired && !seen.Contains(property.Name)) is { } missing
            ? $"{Name(Join(path, missing.Name))} is missing."
            : null;
    }

    private static string? FindInArray(JsonElement element, JsonTypeInfo items, string path)
    {
        var index = 0;
        foreach (var item in element.EnumerateArray())
        {
            if (Find(item, items, $"{path}[{index++}]") is { } mistake)
            {
                return mistake;
            }
        }

        return null;
    }

    private static string? FindInValue(JsonElement element, Type type, string path) => element.ValueKind switch
    {
        JsonValueKind.Null => null,
        var kind when type == typeof(string) && kind != JsonValueKind.String => $"{Name(path)} must be a string.",
        var kind when type == typeof(bool) && kind is not (JsonValueKind.True or JsonValueKind.False) =>
            $"{Name(path)} must be true or false.",
        var kind when (type == typeof(int) || type == typeof(long))
            && (kind != JsonValueKind.Number || !element.TryGetInt64(out var number) || (type == typeof(int) && number != (int)number)) =>
            $"{Name(path)} must be a whole number.",
        var kind when type.IsEnum && (kind != JsonValueKind.String || !Words(type).Contains(element.GetString())) =>
            $"{Name(path)} must be one of {string.Join(", ", Words(type))}.",
        var kind when type == typeof(DateTimeOffset) && (kind != JsonValueKind.String || !element.TryGetDateTimeOffset(out _)) =>
            $"{Name(path)} must be a time such as 2026-01-31T12:00:00Z.",
        var kind when type == typeof(ReadOnlyMemory<byte>) && (kind != JsonValueKind.String || !FileBytesConverter.TryRead(element.GetString()!, out _)) =>
            $"{Name(path)} must be base64.",
        _ => null,
    };

    private static IEnumerable<string> Words(Type type) => Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName);

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static string Name(string? path) => string.IsNullOrEmpty(path) ? "The body" : $"The field '{path}'";
}

/// <summary>
/// Restricts whose body an endpoint reads, so that a large body is not read for a caller who would be refused anyway.
/// </summary>
/// <param name="Require">Refuses callers that may not make the call.</param>
internal sealed record ReadsBodyOf(Action<Caller> Require);
