using System.Buffers;
using CodeSigning.Errors;
using CodeSigning.Gateway.Calls;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>Parses a body where it lies, in the connection's own buffer.</summary>
internal static class SignBodyReader
{
    public delegate T Parser<T>(in ReadOnlySequence<byte> body);

    /// <summary>Waits for the whole body, which Kestrel bounds, and parses it.</summary>
    /// <exception cref="RefusedException">It is not what is expected.</exception>
    public static async ValueTask<(T Request, IdempotencyKey? Key)> ReadAsync<T>(HttpContext http, Parser<T> parse)
    {
        JsonContentType.Demand(http.Request);
        var pipe = http.Request.BodyReader;
        while (true)
        {
            var read = await pipe.ReadAsync(http.RequestAborted);
            if (!read.IsCompleted)
            {
                pipe.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            try
            {
                return (parse(read.Buffer), ReadKey(http, read.Buffer));
            }
            finally
            {
                pipe.AdvanceTo(read.Buffer.End);
            }
        }
    }

    private static IdempotencyKey? ReadKey(HttpContext http, in ReadOnlySequence<byte> body) =>
        Idempotency.ReadKey(http, body.IsSingleSegment ? body.FirstSpan : body.ToArray());
}
