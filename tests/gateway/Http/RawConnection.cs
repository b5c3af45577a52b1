using System.Net.Sockets;
using System.Text;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>A connection on which anything can be sent, also what no HTTP client would.</summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private readonly TcpClient _client = new();
    private NetworkStream _stream = null!;

    public static async Task<RawConnection> OpenAsync(Uri server)
    {
        var connection = new RawConnection();
        await connection._client.ConnectAsync(server.Host, server.Port);
        connection._stream = connection._client.GetStream();
        return connection;
    }

    /// <summary>Sends a whole conversation and gives all that came back until the server closed the connection.</summary>
    public static async Task<string> AskAsync(Uri server, string text)
    {
        await using var connection = await OpenAsync(server);
        await connection.SendAsync(text);
        return await connection.ReadToEndAsync();
    }

    /// <summary>Sends characters up to U+00FF as the byte of that number.</summary>
    public async Task SendAsync(string text) => await _stream.WriteAsync(Encoding.Latin1.GetBytes(text));

    public async Task<string> ReadToEndAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var answer = new MemoryStream();
        try
        {
            await _stream.CopyToAsync(answer, patience.Token);
        }
        catch (IOException)
        {
            // The server answered and closed before it had read everything; what it said was received all the same.
        }

        return Encoding.Latin1.GetString(answer.ToArray());
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }
}
