using System.Buffers;
using System.Text.Json;

namespace CodeSigning.Gateway.Calls;

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
