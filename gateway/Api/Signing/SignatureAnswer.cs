using System.Text.Json;
using CodeSigning.Certificates;
using CodeSigning.Signing;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>Writes a signature as the contract has it.</summary>
internal static class SignatureAnswer
{
    /// <summary>Writes the members of the answer into the object that the writer stands in.</summary>
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
