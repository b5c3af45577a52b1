using System.Buffers;
using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Errors;

namespace CodeSigning.Gateway.Json;

/// <summary>Validates JSON text independently of its type.</summary>
internal static class JsonText
{
    /// <summary>The reader options for JSON of the contract.</summary>
    public static JsonReaderOptions ReaderOptions { get; } = new() { MaxDepth = ContractJson.MaxDepth };

    /// <summary>
    /// Refuses malformed JSON, too deep nesting, lone surrogates, U+0000, which databases reject, and null in arrays,
    /// which the serializer accepts despite non-nullable element types.
    /// </summary>
    /// <exception cref="RefusedException">The text is invalid.</exception>
    public static void Check(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            throw Refuse("The body is empty: expected a JSON object.");
        }

        var reader = new Utf8JsonReader(text, ReaderOptions);
        Span<bool> isArray = stackalloc bool[ContractJson.MaxDepth + 1];
        try
        {
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.String or JsonTokenType.PropertyName:
                        CheckString(ref reader);
                        break;
                    case JsonTokenType.StartArray or JsonTokenType.StartObject:
                        isArray[reader.CurrentDepth + 1] = reader.TokenType == JsonTokenType.StartArray;
                        break;
                    case JsonTokenType.Null when isArray[reader.CurrentDepth]:
                        throw Refuse("The body has an array that contains null.");
                }
            }
        }
        catch (JsonException mistake)
        {
            throw Refuse($"The body is invalid at line {mistake.LineNumber + 1}: expected JSON nested at most {ContractJson.MaxDepth} deep.");
        }
        catch (InvalidOperationException)
        {
            // The reader throws this for lone surrogates and invalid UTF-8.
            throw Refuse("The body has a string that is not Unicode text.");
        }
    }

    private static void CheckString(ref Utf8JsonReader reader)
    {
        if (reader.GetString()!.Contains('\0', StringComparison.Ordinal))
        {
            throw Refuse("The body has a string that contains the character U+0000.");
        }
    }

    private static RefusedException Refuse(string detail) => new(ErrorCode.InvalidRequest, detail);
}

/// <summary>Writes JSON responses with a <c>Content-Length</c>, in one write and without chunked encoding.</summary>
internal static class JsonAnswer
{
    private const int UsualLength = 1024;

    /// <summary>Responds with the JSON of <paramref name="write"/>. The response must not have started.</summary>
    public static async Task WriteAsync(HttpContext http, Action<Utf8JsonWriter> write, string contentType = "application/json")
    {
        var body = new ArrayBufferWriter<byte>(UsualLength);
        using (var json = new Utf8JsonWriter(body, ContractJson.WriterOptions))
        {
            write(json);
        }

        http.Response.ContentType = contentType;
        http.Response.ContentLength = body.WrittenCount;
        await http.Response.BodyWriter.WriteAsync(body.WrittenMemory, http.RequestAborted);
    }
}
