using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using CodeSigning.Gateway.Tests.Auth;
using CodeSigning.Silo.Notifications;
using CodeSigning.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CodeSigning.Gateway.Tests.Approvals;

/// <summary>Events as a receiver gets them.</summary>
public sealed class WebhookTests : IAsyncLifetime
{
    private readonly Channel<(string Body, IHeaderDictionary Headers)> _received =
        Channel.CreateUnbounded<(string, IHeaderDictionary)>();

    private WebApplication _receiver = null!;
    private int _answer = StatusCodes.Status204NoContent;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        _receiver = builder.Build();
        _receiver.Urls.Add("http://127.0.0.1:0");
        _receiver.MapPost("/hook", async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();

            // Copied: the server takes the request's own away when it is answered.
            await _received.Writer.WriteAsync((body, new HeaderDictionary(context.Request.Headers.ToDictionary())));
            context.Response.StatusCode = _answer;
        });
        await _receiver.StartAsync();
    }

    public async Task DisposeAsync() => await _receiver.DisposeAsync();

    [Fact]
    public async Task Receiver_gets_its_subscribed_event_signed_under_its_secret()
    {
        await using var gateway = await RunningGateway.StartAsync("--CODESIGNING_WEBHOOK_PRIVATE_ADDRESSES=allow");
        using var administrator = await gateway.SignInAsync();
        var webhook = await CreateAsync(administrator, $"{_receiver.Urls.Single()}/hook", "signing.denied");
        await DenyAsync(administrator);

        var (body, headers) = await ReceiveAsync();
        var happened = JsonNode.Parse(body)!;
        Assert.Equal("signing.denied", (string)happened["type"]!);
        Assert.Equal("ApprovalRequired", (string)happened["data"]!["code"]!);
        Assert.Null(happened["data"]!["signature"]);
        var secret = Encoding.ASCII.GetBytes((string)webhook["secret"]!);
        var timestamp = long.Parse(headers[WebhookSignature.TimestampHeader]!, null);
        Assert.Equal(WebhookSignature.Compute(secret, timestamp, body), headers[WebhookSignature.SignatureHeader]);

        var delivery = await LogAsync(administrator, webhook, delivery => (string)delivery["status"]! == "delivered");
        Assert.Equal((string)happened["id"]!, (string)delivery["eventId"]!);
        Assert.Null((await administrator.GetAsync($"/webhooks/{webhook["id"]}", 200))["secret"]);
        await administrator.DeleteAsync($"/webhooks/{webhook["id"]}", 204);
        await administrator.GetAsync($"/webhooks/{webhook["id"]}", 404);
    }

    [Fact]
    public async Task Failed_delivery_is_retried_later_and_logged_with_its_cause()
    {
        _answer = StatusCodes.Status302Found;
        await using var gateway = await RunningGateway.StartAsync("--CODESIGNING_WEBHOOK_PRIVATE_ADDRESSES=allow");
        using var administrator = await gateway.SignInAsync();
        var webhook = await CreateAsync(administrator, $"{_receiver.Urls.Single()}/hook", "signing.denied");
        await DenyAsync(administrator);
        await ReceiveAsync();
        var delivery = await LogAsync(administrator, webhook, delivery => delivery["answer"] is not null);
        Assert.Equal(("pending", 1), ((string)delivery["status"]!, (int)delivery["attempts"]!));
        Assert.Contains("302", (string)delivery["answer"]!, StringComparison.Ordinal);
        Assert.NotNull(delivery["nextAt"]);
        Assert.Contains(
            "codesigning_deliveries_attempts_total{channel=\"webhook\",outcome=\"failed\"} ",
            await gateway.Http.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Webhook_reaches_no_private_address()
    {
        await using var gateway = await RunningGateway.StartAsync();
        using var administrator = await gateway.SignInAsync();
        foreach (var url in new[]
        {
            $"{_receiver.Urls.Single()}/hook", "http://example.com/", "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/",
            "https://10.0.0.1/", "https://user:password@example.com/", "ftp://example.com/", "x",
        })
        {
            await administrator.PostAsync("/webhooks", new { url }, 400);
        }

        // A name is only known for what it is when it is resolved.
        var webhook = await CreateAsync(administrator, "https://localhost/hook", "signing.denied");
        await DenyAsync(administrator);
        var delivery = await LogAsync(administrator, webhook, delivery => delivery["answer"] is not null);
        Assert.Contains("no public address", (string)delivery["answer"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_product_administrators_manage_webhooks()
    {
        await using var gateway = await RunningGateway.StartAsync();
        using var administrator = await gateway.SignInAsync();
        await administrator.PostAsync("/users", new { email = "ann@example.com", name = "Ann", password = "a password of ann's" });
        using var ann = await gateway.SignInAsync("ann@example.com", "a password of ann's");
        await ann.PostAsync("/webhooks", new { url = "https://example.com/" }, 403);
        await ann.GetAsync("/webhooks", 403);
        await administrator.PostAsync("/webhooks", new { url = "https://example.com/", events = EventTypes.All.Append("all") }, 400);
    }

    [Fact]
    public async Task Test_reaches_the_receiver_signed_and_is_in_the_ledger()
    {
        await using var gateway = await RunningGateway.StartAsync("--CODESIGNING_WEBHOOK_PRIVATE_ADDRESSES=allow");
        using var administrator = await gateway.SignInAsync();
        var webhook = await CreateAsync(administrator, $"{_receiver.Urls.Single()}/hook", "signing.denied");
        Assert.True((bool)(await administrator.PostAsync($"/webhooks/{webhook["id"]}/test", new { }, 200))["isDelivered"]!);

        var (body, headers) = await ReceiveAsync();
        Assert.Equal("webhook.test", (string)JsonNode.Parse(body)!["type"]!);
        var timestamp = long.Parse(headers[WebhookSignature.TimestampHeader]!, null);
        var secret = Encoding.ASCII.GetBytes((string)webhook["secret"]!);
        Assert.Equal(WebhookSignature.Compute(secret, timestamp, body), headers[WebhookSignature.SignatureHeader]);
        var entry = (await administrator.GetAsync("/ledger/entries?kind=admin&limit=1", 200))["items"]![0]!;
        Assert.Equal(("webhook.test", $"webhook/{webhook["id"]}"), ((string)entry["action"]!, (string)entry["subject"]!));
    }

    [Fact]
    public async Task Test_says_what_went_wrong_and_is_limited()
    {
        await using var gateway = await RunningGateway.StartAsync("--CODESIGNING_WEBHOOK_PRIVATE_ADDRESSES=allow");
        using var administrator = await gateway.SignInAsync();
        var closed = await CreateAsync(administrator, $"https://127.0.0.1:{FreePort.Find()}/hook", "signing.denied");
        Assert.Equal("The receiver refused the connection.", await TestAsync(closed));
        var clear = await CreateAsync(administrator, $"{_receiver.Urls.Single().Replace("http:", "https:", StringComparison.Ordinal)}/hook", "signing.denied");
        Assert.StartsWith("TLS with the receiver failed: ", await TestAsync(clear), StringComparison.Ordinal);
        var unknown = await CreateAsync(administrator, "https://nothing.invalid/", "signing.denied");
        Assert.Equal("The receiver's host name was not found.", await TestAsync(unknown));
        var other = await CreateAsync(administrator, $"{_receiver.Urls.Single()}/nothing", "signing.denied");
        Assert.Equal("The receiver responded with status 404.", await TestAsync(other));
        await TestAsync(other);
        await administrator.PostAsync($"/webhooks/{other["id"]}/test", new { }, 429);

        async Task<string?> TestAsync(JsonNode webhook) =>
            (string?)(await administrator.PostAsync($"/webhooks/{webhook["id"]}/test", new { }, 200))["problem"];
    }

    [Fact]
    public async Task Test_by_mail_tells_why_it_failed()
    {
        await using var gateway = await RunningGateway.StartAsync(
            "--CODESIGNING_SMTP_HOST=127.0.0.1", $"--CODESIGNING_SMTP_PORT={FreePort.Find()}", "--CODESIGNING_MAIL_FROM=signing@example.com");
        using var administrator = await gateway.SignInAsync();
        var test = await administrator.PostAsync("/mail/test", new { }, 200);

        Assert.Equal((false, RunningGateway.AdministratorEmail), ((bool)test["isDelivered"]!, (string)test["receiver"]!));
        Assert.Equal("The mail server could not be reached: ConnectionRefused.", (string)test["problem"]!);
    }

    private static Task<JsonNode> CreateAsync(HttpClient administrator, string url, params string[] events) =>
        administrator.PostAsync("/webhooks", new { url, events });

    /// <summary>Has a signature denied.</summary>
    private static async Task DenyAsync(HttpClient administrator)
    {
        var me = (string)(await administrator.GetAsync("/me", 200))["id"]!;
        var policyId = (string)(await administrator.PostAsync("/pki/signing-policies", new
        {
            name = "policy",
            constraints = new { maxSignings = 1 },
            steps = new[] { new { approvers = new[] { new { kind = "user", id = me } }, requiredApprovals = 1 } },
        }))["id"]!;
        var caId = (string)(await administrator.PostAsync(
            "/pki/ca", new { commonName = "CA", keyAlgorithm = "EC_P256", ttlDays = 365 }))["id"]!;
        var signerId = (string)(await administrator.PostAsync("/pki/signers", new
        {
            name = "release",
            caId,
            commonName = "x",
            keyAlgorithm = "EC_P256",
            certificateTtlDays = 100,
            approvalPolicyId = policyId,
        }))["id"]!;
        await administrator.PostAsync(
            $"/pki/signers/{signerId}/sign",
            new { data = Convert.ToBase64String(new byte[32]), signingAlgorithm = "ECDSA_SHA256", isDigest = true },
            403);
    }

    private async Task<(string Body, IHeaderDictionary Headers)> ReceiveAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return await _received.Reader.ReadAsync(limit.Token);
    }

    private static async Task<JsonNode> LogAsync(HttpClient administrator, JsonNode webhook, Func<JsonNode, bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var log = (await administrator.GetAsync($"/webhooks/{webhook["id"]}/deliveries", 200))["items"]!.AsArray();
            if (log.Count > 0 && holds(log[0]!))
            {
                return log[0]!;
            }

            await Task.Delay(50, limit.Token);
        }
    }
}
