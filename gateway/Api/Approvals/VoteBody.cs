using System.Reflection;
using CodeSigning.Approvals;
using CodeSigning.Gateway.Calls;
using Microsoft.AspNetCore.Http.Metadata;

namespace CodeSigning.Gateway.Api.Approvals;

/// <summary>A vote's words. An approval needs none, so its body may be missing altogether.</summary>
internal sealed class VoteBody(CastVote value) : IEndpointParameterMetadataProvider
{
    /// <summary>What was said.</summary>
    public CastVote Value { get; } = value;

    /// <summary>Called by the framework for a handler's parameter.</summary>
    public static async ValueTask<VoteBody?> BindAsync(HttpContext context)
    {
        if (context.Request.ContentType is null && (await RequestBody.ReadAsync(context)).IsEmpty)
        {
            return new VoteBody(new CastVote());
        }

        return await JsonBody<CastVote>.BindAsync(context) is { } body ? new VoteBody(body.Value) : null;
    }

    /// <summary>Tells the OpenAPI document what the body is.</summary>
    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(CastVote), isOptional: true));
}
