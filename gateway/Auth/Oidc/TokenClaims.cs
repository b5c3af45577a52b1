using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;

namespace CodeSigning.Gateway.Auth.Oidc;

/// <summary>Reads the claims of a token as the texts that patterns are held against.</summary>
internal static class TokenClaims
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>The claims by name; null where the payload is not one unambiguous JSON object.</summary>
    public static ImmutableDictionary<string, ImmutableArray<string>>? Read(JsonWebToken token)
    {
        try
        {
            using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(token.EncodedPayload), Strict);
            return payload.RootElement.EnumerateObject().ToImmutableDictionary(
                claim => claim.Name, claim => ToTexts(claim.Value).ToImmutableArray(), StringComparer.Ordinal);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    // An object is no text that a pattern could be meant for.
    private static IEnumerable<string> ToTexts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => [value.GetRawText()],
        JsonValueKind.Array => value.EnumerateArray().Where(item => item.ValueKind != JsonValueKind.Array).SelectMany(ToTexts),
        _ => [],
    };
}
