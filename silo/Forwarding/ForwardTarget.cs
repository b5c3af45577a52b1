using System.Net.Http.Headers;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Forwarding;

/// <summary>Takes batches of lines: a file, or a receiver by HTTPS.</summary>
internal interface IForwardTarget
{
    /// <summary>Hands over lines, each with its line end (JSON Lines, UTF-8).</summary>
    /// <exception cref="ForwardingException">They were not taken, or nobody knows.</exception>
    Task SendAsync(ReadOnlyMemory<byte> lines, CancellationToken cancellationToken);
}

/// <summary>Lines were not taken, and may be later. The message is for the operator.</summary>
internal sealed class ForwardingException(string message) : TimeoutException(message);

/// <summary>Appends to a file that its owner alone may read, and flushes it to the disk. It is opened anew each time, so it may be rotated.</summary>
internal sealed class ForwardFile(string path) : IForwardTarget
{
    public async Task SendAsync(ReadOnlyMemory<byte> lines, CancellationToken cancellationToken)
    {
        try
        {
            PrivateFiles.Ensure(path);
            await using FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            await file.WriteAsync(lines, cancellationToken);
            file.Flush(flushToDisk: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ForwardingException($"The ledger cannot be forwarded to {path}: {fault.Message}");
        }
    }
}

/// <summary>Posts as <c>application/x-ndjson</c>. Redirects are not followed: the token is for this address.</summary>
internal sealed class ForwardReceiver : IForwardTarget, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Uri _url;
    private readonly string? _token;
    private readonly HttpClient _http;

    public ForwardReceiver(Uri url, string? token)
    {
        (_url, _token) = (url, token);
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            Timeout = Patience,
        };
    }

    public async Task SendAsync(ReadOnlyMemory<byte> lines, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, _url) { Content = new ReadOnlyMemoryContent(lines) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        request.Headers.Add("User-Agent", "codesigning-forwarding");
        request.Headers.Authorization = _token is null ? null : new AuthenticationHeaderValue("Bearer", _token);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                throw new ForwardingException($"{_url.Host} answered status {(int)response.StatusCode} to the ledger's entries.");
            }
        }
        catch (HttpRequestException fault)
        {
            throw new ForwardingException($"{_url.Host} cannot be reached to forward the ledger: {fault.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ForwardingException($"{_url.Host} did not take the ledger's entries within {Patience.TotalSeconds} seconds.");
        }
    }

    public void Dispose() => _http.Dispose();
}
