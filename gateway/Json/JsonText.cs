using System.Buffers;
using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Errors;

namespace CodeSigning.Gateway.Json;

/// <summary>The form that every JSON text must have here, whatever it says.</summary>
internal static class JsonText
{
    /// <summary>How a reader must be set up to read what the contract allows.</summary>
    public static JsonReaderOptions ReaderOptions { get; } = new() { MaxDepth = ContractJson.MaxDepth };

    /// <summary>
    /// Refuses what is not JSON, what nests too deep, lone surrogates, U+0000, which no database takes, and arrays that hold
    /// null: the contract has none, and a type's word that there is none in its arrays does not bind the serializer.
    /// </summary>
    /// <exception cref="RefusedException">The text is not such.</exception>
    public static void Check(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            throw Refuse("The body is empty; a JSON object is expected.");
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
                        throw Refuse("An array in the body holds null.");
                }
            }
        }
        catch (JsonException mistake)
        {
            throw Refuse($"The body is not JSON, or nests deeper than {ContractJson.MaxDepth}: see line {mistake.LineNumber + 1}.");
        }
        catch (InvalidOperationException)
        {
            // What the reader throws for a string that is no text: half a surrogate pair, or no UTF-8.
            throw Refuse("A string in the body is not Unicode text.");
        }
    }

    private static void CheckString(ref Utf8JsonReader reader)
    {
        if (reader.GetString()!.Contains('\0', StringComparison.Ordinal))
        {
            throw Refuse("A string in the body holds the character U+0000.");
        }
    }

    private static RefusedException Refuse(string detail) => new(ErrorCode.InvalidRequest, detail);
}

/// <summary>Answers with JSON whose length is said before it: it leaves in one write, and comes without chunks to take apart.</summary>
internal static class JsonAnswer
{
    private const int UsualLength = 1024;

    /// <summary>Answers with what <paramref name="write"/> writes. The response must not have started.</summary>
    public static async Task WriteAsync(HttpContext http, Action<Utf8JsonWriter> write, string contentType = "application/json")
    {
        var body = new ArrayBufferWriter<byte>(UsualLength);
        using (var json = new Utf8JsonWriter(body))
        {
            write(json);
        }

        http.Response.ContentType = contentType;
        http.Response.ContentLength = body.WrittenCount;
        await http.Response.BodyWriter.WriteAsync(body.WrittenMemory, http.RequestAborted);
    }
}
