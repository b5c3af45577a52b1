using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace CodeSigning.Abuse.Tests;

/// <summary>Asks with a member's token, on many connections, as fast as it is answered.</summary>
/// <param name="connections">On how many connections.</param>
/// <param name="prepareAsync">Makes the member, and says what it asks.</param>
internal sealed class MemberRequests(int connections, Func<Target, Task<(Api Member, Func<HttpRequestMessage> MakeRequest)>> prepareAsync) : Flood
{
    private (Api Member, Func<HttpRequestMessage> MakeRequest) _prepared;

    public override async Task PrepareAsync(Target target) => _prepared = await prepareAsync(target);

    protected override async Task FloodAsync(Target target, CancellationToken ended)
    {
        var (member, makeRequest) = _prepared;
        using var _ = member;
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = connections })
        {
            BaseAddress = target.Address,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", member.Token) },
        };
        await RepeatAsync(
            connections,
            async cancelled =>
            {
                using var request = makeRequest();
                using var response = await client.SendAsync(request, cancelled);
                if (response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable)
                {
                    CountRepelled();
                }
            },
            ended);
    }
}

/// <summary>What members ask in floods.</summary>
internal static class MemberAsks
{
    private const int MostItems = 1000;
    private const int LongestData = 128;

    /// <summary>A request with a JSON body.</summary>
    public static Func<HttpRequestMessage> Send(HttpMethod method, string path, object body) =>
        Send(method, path, JsonSerializer.SerializeToUtf8Bytes(body));

    /// <summary>One signature over a digest.</summary>
    public static Func<HttpRequestMessage> Sign(string signerId, string algorithm = "ECDSA_SHA256") =>
        Send(HttpMethod.Post, $"/api/v1/pki/signers/{signerId}/sign", Item(32, algorithm, isDigest: true));

    /// <summary>A batch of as many items as one may have, over digests.</summary>
    public static Func<HttpRequestMessage> Batch(string signerId, string algorithm = "ECDSA_SHA256") =>
        Batch(signerId, Item(32, algorithm, isDigest: true));

    /// <summary>The longest batch: as many items as one may have, each with as much data as one may have, every character escaped.</summary>
    public static Func<HttpRequestMessage> LongestBatch(string signerId) =>
        Batch(signerId, Item(LongestData, "ECDSA_SHA256", isDigest: false), escaped: true);

    private static Func<HttpRequestMessage> Batch(string signerId, object item, bool escaped = false)
    {
        var text = JsonSerializer.Serialize(new { items = Enumerable.Repeat(item, MostItems) });
        var body = Encoding.UTF8.GetBytes(escaped ? text.Replace("A", "\\u0041", StringComparison.Ordinal) : text);
        return Send(HttpMethod.Post, $"/api/v1/pki/signers/{signerId}/sign/batch", body);
    }

    private static Func<HttpRequestMessage> Send(HttpMethod method, string path, byte[] body) =>
        () => new HttpRequestMessage(method, path)
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };

    private static object Item(int length, string signingAlgorithm, bool isDigest) =>
        new { data = Convert.ToBase64String(new byte[length]), signingAlgorithm, isDigest };
}
