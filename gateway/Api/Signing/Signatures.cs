using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using CodeSigning.Certificates;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Gateway.Auth;
using CodeSigning.Gateway.Calls;
using CodeSigning.Gateway.Problems;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signing;
using CodeSigning.Identities;
using CodeSigning.Signing;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>Makes signatures, or returns the stored idempotent ones.</summary>
internal sealed class Signatures(
    SigningWorker worker, CertificateService certificates, IAnswerStore answers, TokenAuthentication authentication)
{
    private const int Attempts = 3;

    /// <summary>One signature, or the problem.</summary>
    /// <param name="http">The request, to authenticate its caller again if needed.</param>
    /// <param name="caller">The caller, with the idempotency key of this item.</param>
    /// <param name="signerId">The signer's id.</param>
    /// <param name="item">The item to sign.</param>
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

    /// <summary>The certificate chain of a signature, as PEM, leaf first.</summary>
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

/// <summary>Writes a signature in the contract's format.</summary>
internal static class SignatureAnswer
{
    /// <summary>Writes the members of the response into the current object.</summary>
    public static void WriteMembers(Utf8JsonWriter json, SignResult result, SignOptions options, string? chain)
    {
        var isRaw = options.RawEcdsa && !result.KeyAlgorithm.IsRsa();
        json.WriteBase64String(
            "signature"u8, isRaw ? EcdsaSignature.ToRaw(result.Signature, result.KeyAlgorithm) : result.Signature.Span);
        json.WriteString("signingAlgorithm"u8, result.SigningAlgorithm);
        json.WriteString("signerId"u8, result.SignerId);
        json.WriteString("operationId"u8, result.OperationId);
        if (result.GrantId is not null)
        {
            json.WriteString("grantId"u8, result.GrantId);
        }

        if (chain is not null)
        {
            json.WriteString("certificateChain"u8, chain);
        }
    }
}

/// <summary>The result of an item: a signature or a problem.</summary>
internal readonly record struct SignatureOutcome
{
    private SignatureOutcome(SignResult? result, Problem? problem) => (Result, Problem) = (result, problem);

    /// <summary>The signature; its ledger entry is durable.</summary>
    public SignResult? Result { get; }

    /// <summary>The problem; null for a signature.</summary>
    public Problem? Problem { get; }

    public static implicit operator SignatureOutcome(SignResult result) => new(result, null);

    public static implicit operator SignatureOutcome(Problem problem) => new(null, problem);
}
