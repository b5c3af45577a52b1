using CodeSigning.Gateway.Api.Approvals;
using CodeSigning.Gateway.Api.Signers;
using CodeSigning.Gateway.Calls;
using CodeSigning.Gateway.Limits;
using CodeSigning.Gateway.Problems;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>
/// One signature: the hot path. The body is parsed where it lies and the answer written without a model of it, since
/// at thousands a second what the framework does for other endpoints would cost as much as the rest of the gateway.
/// </summary>
internal sealed class SignHandler(
    Signatures signatures, SignerIds signers, ApprovalWaits approvals, RateLimits rates, TimeProvider time)
{
    public async Task SignAsync(HttpContext http, SignOptions options)
    {
        var caller = http.GetCaller();
        if (rates.TakeSignatures(caller.Id, 1) is { } wait)
        {
            throw RateMiddleware.RateLimited(wait);
        }

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

    // What is pending is looked for before the signature is tried: an approval between a denial and the look would be missed.
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
