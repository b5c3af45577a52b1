using System.Buffers;
using System.Security.Cryptography;

namespace CodeSigning.Gateway.Calls;

/// <summary>The bytes of a request's body, read once; Kestrel bounds their number.</summary>
internal sealed class RequestBody : IDisposable
{
    private readonly byte[] _bytes;

    private RequestBody(byte[] bytes) => _bytes = bytes;

    /// <summary>Reads the body, or gives what was read before. The bytes are zeroed after the request.</summary>
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
                var bytes = read.Buffer.ToArray();
                pipe.AdvanceTo(read.Buffer.End);
                return bytes;
            }

            pipe.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
