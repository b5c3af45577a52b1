using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace CodeSigning.Gateway.Json;

/// <summary>The bytes of a request's body, read once; Kestrel bounds their number.</summary>
internal sealed class RequestBody : IDisposable
{
    private readonly byte[] _bytes;

    private RequestBody(byte[] bytes) => _bytes = bytes;

    /// <summary>Reads the body once and caches it. The bytes are zeroed after the request.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(HttpContext context)
    {
        if (context.Features.Get<RequestBody>() is { } known)
        {
            return known._bytes;
        }

        var body = new RequestBody(await ReadAllAsync(context.Request, context.RequestAborted));
        context.Features.Set(body);
        context.Response.RegisterForDispose(body);
        return body._bytes;
    }

    /// <summary>Zeroes the bytes.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);

    private static async Task<byte[]> ReadAllAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var pipe = request.BodyReader;
        while (true)
        {
            var read = await pipe.ReadAsync(cancellationToken);
            if (read.IsCompleted)
            {
                var bytes = GC.AllocateUninitializedArray<byte>(checked((int)read.Buffer.Length), pinned: read.Buffer.Length > 0);
                read.Buffer.CopyTo(bytes);
                pipe.AdvanceTo(read.Buffer.End);
                return bytes;
            }

            pipe.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}

/// <summary>Accepts only bodies of uncompressed JSON in UTF-8.</summary>
internal static class JsonContentType
{
    private const string Usual = "application/json";

    /// <summary>Refuses a body of another type, character set or encoding.</summary>
    /// <exception cref="BadHttpRequestException">415.</exception>
    public static void Require(HttpRequest request)
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
