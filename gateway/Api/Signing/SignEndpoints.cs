using CodeSigning.Gateway.Auth;
using CodeSigning.Gateway.Calls;
using CodeSigning.Gateway.Hosting;
using CodeSigning.Gateway.Limits;
using Microsoft.AspNetCore.Mvc;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>Signatures, one at a time or many.</summary>
internal static class SignEndpoints
{
    public static void MapSignEndpoints(this IEndpointRouteBuilder signers)
    {
        signers.MapPost("/{signerId}/sign", SignAsync).WithName("Sign")
            .WithMetadata(
                new RequestSizeLimitAttribute(SignRequestReader.MaxBody), EndpointLimits.Signing, new TakesIdempotencyKey(), CallerCheckedAtCommit.Mark)
            .Accepts<SignBody>("application/json")
            .Produces<SignatureBody>();
        signers.MapPost("/{signerId}/sign/batch", SignBatchAsync).WithName("SignBatch")
            .WithMetadata(
                new RequestSizeLimitAttribute(KestrelSetup.MaxLargeBody), EndpointLimits.Signing, new TakesIdempotencyKey(), CallerCheckedAtCommit.Mark)
            .Accepts<SignBatchBody>("application/json")
            .Produces<SignatureBatchBody>();
    }

    /// <summary>
    /// Signs a digest, or data that the server hashes. Operators and administrators of the signer, under its policy. With
    /// wait, such as 60s, a caller who has a request pending is answered once that is approved, or denied after that time.
    /// </summary>
    internal static Task SignAsync(
        HttpContext http, string? ecdsaFormat, string? include, string? wait, SignHandler handler) =>
        handler.SignAsync(http, SignOptions.Parse(ecdsaFormat, include, wait));

    /// <summary>Signs up to a thousand things; each is an entry and a use of its own, and those that fail do not fail the others.</summary>
    internal static Task SignBatchAsync(
        HttpContext http, string? ecdsaFormat, string? include, BatchHandler handler) =>
        handler.SignAsync(http, SignOptions.Parse(ecdsaFormat, include));
}
