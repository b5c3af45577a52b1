using System.Buffers;
using System.Text.Json;
using CodeSigning.Gateway.Api.Approvals;
using CodeSigning.Gateway.Auth;
using CodeSigning.Gateway.Calls;
using CodeSigning.Gateway.Hosting;
using CodeSigning.Gateway.Json;
using CodeSigning.Gateway.Limits;
using CodeSigning.Gateway.Problems;
using CodeSigning.Identities;
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
    /// Signs a digest, or data that the server hashes. Operators and administrators of the signer only, under its
    /// policy. With wait, such as 60s, the response to a caller with a pending request is delayed until the request is
    /// approved, and denied after that time.
    /// </summary>
    internal static Task SignAsync(
        HttpContext http, string? ecdsaFormat, string? include, string? wait, SignHandler handler) =>
        handler.SignAsync(http, SignOptions.Parse(ecdsaFormat, include, wait));

    /// <summary>
    /// Signs up to a thousand items; each has its own entry and use, and failed items do not fail the others.
    /// </summary>
    internal static Task SignBatchAsync(
        HttpContext http, string? ecdsaFormat, string? include, BatchHandler handler) =>
        handler.SignAsync(http, SignOptions.Parse(ecdsaFormat, include));
}

/// <summary>
/// Handles one signature, the hot path. The body is parsed in place and the response written without a model, since at
/// thousands per second the framework's overhead would equal the rest of the gateway.
/// </summary>
internal sealed class SignHandler(
    Signatures signatures, SignerIds signers, ApprovalWaits approvals, RateLimits rates, TimeProvider time)
{
    public async Task SignAsync(HttpContext http, SignOptions options)
    {
        var caller = http.GetCaller();
        rates.TakeSignatures(caller.Id, 1);
        var signerId = await signers.FindAsync(http);
        var (request, key) = await SignBodyReader.ReadAsync(http, SignRequestReader.ReadSign);
        caller = key is null ? caller : caller with { Retry = key };
        var outcome = options.Wait is { } atMost
            ? await SignWithinAsync(atMost, http, caller, signerId, request)
            : await signatures.SignAsync(http, caller, signerId, request.Item, request.ClientMetadata);
        if (outcome.Problem is { } problem)
        {
            await ProblemWriter.WriteAsync(http, problem);
            return;
        }

        var chain = options.WithChain ? await signatures.GetChainAsync(outcome.Result!, http.RequestAborted) : null;
        await JsonAnswer.WriteAsync(http, json =>
        {
            json.WriteStartObject();
            SignatureAnswer.WriteMembers(json, outcome.Result!, options, chain);
            json.WriteEndObject();
        });
    }

    // Pending requests are read before signing, or an approval right after a denial would be missed.
    private async Task<SignatureOutcome> SignWithinAsync(
        TimeSpan atMost, HttpContext http, Caller caller, string signerId, SignRequest request)
    {
        var until = time.GetUtcNow() + atMost;
        while (true)
        {
            var pending = await approvals.FindPendingAsync(caller, signerId, http.RequestAborted);
            var outcome = await signatures.SignAsync(http, caller, signerId, request.Item, request.ClientMetadata);
            if (outcome.Problem is not { } denial || !ApprovalWaits.CanHelp(denial.Code)
                || !await approvals.WaitAsync(caller.Id, pending, until, http.RequestAborted))
            {
                return outcome;
            }
        }
    }
}

/// <summary>
/// Handles a batch. Each item has its own idempotency key: a batch repeated after an interruption gets the earlier
/// signatures, and only the others are made.
/// </summary>
internal sealed class BatchHandler(Signatures signatures, SignerIds signers, RateLimits rates, ProblemDescriber problems)
{
    private const int Parallelism = 64;

    // An item with maximum data, every character escaped.
    private const int LongestItem = 1200;

    public async Task SignAsync(HttpContext http, SignOptions options)
    {
        var caller = http.GetCaller();
        var signerId = await signers.FindAsync(http);
        var taken = 0;
        var (batch, key) = await SignBodyReader.ReadAsync(http, (in ReadOnlySequence<byte> body) =>
        {
            // Parsing a large body is expensive, so first charge the minimum number of items it can have.
            taken = (int)Math.Min(SignRequestReader.MaxItems, 1 + (body.Length / LongestItem));
            Take(caller, taken);
            return SignRequestReader.ReadBatch(body);
        });
        Take(caller, batch.Items.Count - taken);

        var outcomes = new SignatureOutcome[batch.Items.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = http.RequestAborted };
        await Parallel.ForAsync(0, outcomes.Length, parallel, async (index, _) =>
        {
            var asking = caller with { Retry = key is null ? null : key with { Scope = $"{key.Scope}#{index}" } };
            outcomes[index] = await SignItemAsync(http, asking, signerId, batch, index);
        });
        await WriteAsync(http, outcomes, options);
    }

    private void Take(Caller caller, int signatures)
    {
        if (signatures > 0)
        {
            rates.TakeSignatures(caller.Id, signatures);
        }
    }

    private async Task<SignatureOutcome> SignItemAsync(
        HttpContext http, Caller caller, string signerId, BatchRequest batch, int index)
    {
        try
        {
            return await signatures.SignAsync(http, caller, signerId, batch.Items[index].Check(), batch.ClientMetadata);
        }
        catch (Exception exception) when (!http.RequestAborted.IsCancellationRequested)
        {
            return problems.Describe(http, exception); // An item that fails does not fail the others.
        }
    }

    private async Task WriteAsync(HttpContext http, SignatureOutcome[] outcomes, SignOptions options)
    {
        // The signer's certificate may change between items.
        var chains = new Dictionary<string, string>();
        foreach (var result in outcomes.Select(outcome => outcome.Result).Where(result => result is not null && options.WithChain))
        {
            if (!chains.ContainsKey(result!.CertificateId))
            {
                chains[result.CertificateId] = await signatures.GetChainAsync(result, http.RequestAborted);
            }
        }

        await JsonAnswer.WriteAsync(http, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("items"u8);
            foreach (var outcome in outcomes)
            {
                WriteItem(json, outcome, options, chains);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void WriteItem(
        Utf8JsonWriter json, SignatureOutcome outcome, SignOptions options, Dictionary<string, string> chains)
    {
        if (outcome.Problem is { } problem)
        {
            ProblemWriter.WriteDocument(json, problem);
            return;
        }

        json.WriteStartObject();
        json.WriteNumber("status"u8, StatusCodes.Status200OK);
        SignatureAnswer.WriteMembers(json, outcome.Result!, options, chains.GetValueOrDefault(outcome.Result!.CertificateId));
        json.WriteEndObject();
    }
}
