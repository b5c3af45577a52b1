using System.Buffers;
using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Errors;
using Microsoft.Extensions.ObjectPool;

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
        if (PastedText.Trim(text).IsEmpty)
        {
            throw Refuse("The body is empty: expected a JSON object.");
        }

        var reader = new Utf8JsonReader(text, ReaderOptions);
        var place = new JsonPlace();
        // Not as strings, which cannot be zeroed: any value may be a secret.
        var value = ArrayPool<byte>.Shared.Rent(text.Length);
        try
        {
            while (reader.Read())
            {
                place.MoveTo(ref reader);
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName
                    && value.AsSpan(0, reader.CopyString(value)).Contains((byte)0))
                {
                    throw Refuse($"{place.Name} contains the character U+0000, which no text here may have.");
                }

                if (reader.TokenType == JsonTokenType.Null && place.IsInArray)
                {
                    throw Refuse($"{place.Name} cannot be null.");
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
            throw Refuse($"{place.Name} is not Unicode text: expected UTF-8 without lone surrogates.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(value, clearArray: true);
        }
    }

    private static RefusedException Refuse(string detail) => new(ErrorCode.InvalidRequest, detail);
}

/// <summary>Where a reader is within a JSON text, for messages.</summary>
internal sealed class JsonPlace
{
    private readonly Level[] _levels = new Level[ContractJson.MaxDepth + 2];
    private int _depth;

    /// <summary>Whether the token is an item of an array.</summary>
    public bool IsInArray => _levels[_depth].IsArray;

    /// <summary>The token's field, as messages name it.</summary>
    public string Name
    {
        get
        {
            var path = string.Concat(Enumerable.Range(1, _depth).Select(depth => _levels[depth] switch
            {
                { IsArray: true } array => $"[{array.Index}]",
                { Member: { } member } => $".{member}",
                _ => "",
            }));
            return path.Length == 0 ? "The body" : $"The field '{path.TrimStart('.')}'";
        }
    }

    /// <summary>Follows the reader to its token.</summary>
    public void MoveTo(ref Utf8JsonReader reader)
    {
        _depth = reader.CurrentDepth;
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                _levels[_depth].Member = null;
                _levels[_depth].Member = reader.GetString();
                return;
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                return;
        }

        _levels[_depth].Index++;
        if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
        {
            _levels[_depth + 1] = new Level { IsArray = reader.TokenType == JsonTokenType.StartArray, Index = -1 };
        }
    }

    private record struct Level(bool IsArray, int Index, string? Member);
}

/// <summary>Writes JSON responses with a <c>Content-Length</c>, in one write and without chunked encoding.</summary>
internal static class JsonAnswer
{
    private static readonly ObjectPool<AnswerBuffer> Buffers = ObjectPool.Create(new AnswerBuffer.Policy());

    /// <summary>Responds with the JSON of <paramref name="write"/>. The response must not have started.</summary>
    public static async Task WriteAsync(HttpContext http, Action<Utf8JsonWriter> write, string contentType = "application/json")
    {
        var buffer = Buffers.Get();
        try
        {
            var body = buffer.Write(write);
            http.Response.ContentType = contentType;
            http.Response.ContentLength = body.Length;
            await http.Response.BodyWriter.WriteAsync(body, http.RequestAborted);
        }
        finally
        {
            Buffers.Return(buffer);
        }
    }

    private sealed class AnswerBuffer : IDisposable
    {
        private const int UsualLength = 1024;
        private const int MostKept = 16 * 1024;

        private readonly ArrayBufferWriter<byte> _body = new(UsualLength);
        private readonly Utf8JsonWriter _json;

        public AnswerBuffer() => _json = new Utf8JsonWriter(_body, ContractJson.WriterOptions);

        public ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
        {
            write(_json);
            _json.Flush();
            return _body.WrittenMemory;
        }

        public void Dispose() => _json.Dispose();

        /// <summary>Keeps buffers of a usual size, zeroed: an answer may hold a secret.</summary>
        public sealed class Policy : PooledObjectPolicy<AnswerBuffer>
        {
            public override AnswerBuffer Create() => new();

            public override bool Return(AnswerBuffer obj)
            {
                obj._body.Clear();
                obj._json.Reset();
                return obj._body.Capacity <= MostKept;
            }
        }
    }
}
