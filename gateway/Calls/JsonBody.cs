using System.Reflection;
using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Errors;
using Microsoft.AspNetCore.Http.Metadata;

namespace CodeSigning.Gateway.Calls;

/// <summary>
/// A request's JSON body, read once and strictly: what is not exactly a <typeparamref name="T"/> is refused with a
/// sentence that names the field. The bytes are zeroed after the request; they may hold a password or a key.
/// </summary>
internal sealed class JsonBody<T>(T value) : IEndpointParameterMetadataProvider
    where T : class
{
    /// <summary>What was asked.</summary>
    public T Value { get; } = value;

    /// <summary>Called by the framework for a handler's parameter.</summary>
    public static async ValueTask<JsonBody<T>?> BindAsync(HttpContext context)
    {
        context.GetEndpoint()?.Metadata.GetMetadata<ReadsBodyOf>()?.Demand(context.GetCaller());
        JsonContentType.Demand(context.Request);
        var bytes = await RequestBody.ReadAsync(context);
        JsonText.Check(bytes.Span);
        try
        {
            return new JsonBody<T>(
                JsonSerializer.Deserialize<T>(bytes.Span, ContractJson.Options)
                ?? throw new RefusedException(ErrorCode.InvalidRequest, "The body is null; a JSON object is expected."));
        }
        catch (JsonException mistake)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, JsonMistake.Describe(typeof(T), bytes, mistake));
        }
    }

    /// <summary>Tells the OpenAPI document what the body is.</summary>
    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T)));
}
