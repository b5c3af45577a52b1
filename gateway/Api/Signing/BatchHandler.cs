using System.Buffers;
using System.Text.Json;
using CodeSigning.Gateway.Api.Signers;
using CodeSigning.Gateway.Calls;
using CodeSigning.Gateway.Limits;
using CodeSigning.Gateway.Problems;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>
/// Many signatures. Each item is asked for by itself, under an idempotency key of its own: a batch that was cut off and is
/// sent again gets the signatures that were made before and only the others anew.
/// </summary>
internal sealed class BatchHandler(Signatures signatures, SignerIds signers, RateLimits rates, ProblemDescriber problems)
{
    private const int Parallelism = 64;

    // An item with the longest data, every character of it escaped.
    private const int LongestItem = 1200;

    public async Task SignAsync(HttpContext http, SignOptions options)
    {
        var caller = http.GetCaller();
        var signerId = await signers.FindAsync(http);
        var taken = 0;
        var (batch, key) = await SignBodyReader.ReadAsync(http, (in ReadOnlySequence<byte> body) =>
        {
            // Before the body is parsed, which costs much where it is long: as many as it has at least.
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
        if (signatures > 0 && rates.TakeSignatures(caller.Id, signatures) is { } wait)
        {
            throw RateMiddleware.RateLimited(wait);
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
        // The certificate may be another from one item to the next, where the signer was bound anew in between.
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
