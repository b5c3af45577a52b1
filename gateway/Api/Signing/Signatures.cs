using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using CodeSigning.Certificates;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Gateway.Calls;
using CodeSigning.Gateway.Problems;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signing;
using CodeSigning.Identities;
using CodeSigning.Signing;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>Asks the signing worker for signatures, and the kept answers for those that were made before.</summary>
internal sealed class Signatures(
    SigningWorker worker, CertificateService certificates, IAnswerStore answers, ICallerAuthentication authentication)
{
    private const int Attempts = 3;

    /// <summary>One signature, or why there is none.</summary>
    /// <param name="http">The request, to authenticate its caller again where that has changed.</param>
    /// <param name="caller">Who asks, with the idempotency key of this very item.</param>
    /// <param name="signerId">The signer's id.</param>
    /// <param name="item">What is to be signed.</param>
    /// <param name="metadata">What the client says of itself.</param>
    /// <exception cref="RefusedException">Nothing was decided.</exception>
    public async Task<SignatureOutcome> SignAsync(
        HttpContext http, Caller caller, string signerId, SignItem item, ImmutableSortedDictionary<string, string>? metadata)
    {
        if (caller.Retry is not null && await FindAsync(caller, http.RequestAborted) is { } first)
        {
            return first;
        }

        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var command = new SignCommand(caller, signerId, item.Algorithm, item.IsDigest, item.Data, metadata);
            switch (await worker.SignAsync(command, http.RequestAborted))
            {
                case SignReply.SignatureMade made:
                    return made.Result;
                case SignReply.NotSigned not:
                    return ToProblem(not);
                case SignReply.AlreadyAnswered when await FindAsync(caller, http.RequestAborted) is { } other:
                    return other;
                case SignReply.CallerChanged:
                    var fresh = await authentication.AuthenticateAsync(http, fresh: true, http.RequestAborted);
                    caller = fresh with { Retry = caller.Retry };
                    break;
            }
        }

        throw new RefusedException(ErrorCode.Conflict, "The account changed during the request. Retry.");
    }

    /// <summary>The chain of the certificate that verifies a signature, as PEM, leaf first.</summary>
    public async Task<string> GetChainAsync(SignResult result, CancellationToken cancellationToken)
    {
        var file = await certificates.GetFileAsync(result.CertificateId, CertificateFormat.Chain, cancellationToken);
        return Encoding.ASCII.GetString(file.Content.Span);
    }

    private async Task<SignResult?> FindAsync(Caller caller, CancellationToken cancellationToken) =>
        await answers.FindAnswerAsync(caller, caller.Retry!, cancellationToken) is { } kept
            ? JsonSerializer.Deserialize<SignResult>(kept.Span, ContractJson.Options)
            : null;

    private static Problem ToProblem(SignReply.NotSigned not) => new(not.Code, not.Detail)
    {
        RetryAfter = not.RetryAfter,
        Members = not.OperationId is null
            ? not.Members
            : not.Members.SetItem("operationId", JsonSerializer.Serialize(not.OperationId)),
    };
}
