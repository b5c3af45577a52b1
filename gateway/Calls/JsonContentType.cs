using Microsoft.Net.Http.Headers;

namespace CodeSigning.Gateway.Calls;

/// <summary>The one form in which bodies are taken: JSON in UTF-8, as it is.</summary>
internal static class JsonContentType
{
    private const string Usual = "application/json";

    /// <summary>Refuses a body of another type, in another character set, or encoded: it would be read as what it is not.</summary>
    /// <exception cref="BadHttpRequestException">415.</exception>
    public static void Demand(HttpRequest request)
    {
        if (!IsJson(request.ContentType) || request.Headers.ContentEncoding.Count > 0)
        {
            throw new BadHttpRequestException("Content-Type", StatusCodes.Status415UnsupportedMediaType);
        }
    }

    private static bool IsJson(string? text) => text == Usual
        || (MediaTypeHeaderValue.TryParse(text, out var type)
            && type.MediaType.Equals(Usual, StringComparison.OrdinalIgnoreCase)
            && (type.Charset.Length == 0 || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)));
}
