using System.Net;
using CodeSigning.Silo.Forwarding;
using CodeSigning.Silo.Settings;
using CodeSigning.Testing;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace CodeSigning.Silo.Tests.Forwarding;

/// <summary>Files and receivers that the ledger is forwarded to.</summary>
public sealed class ForwardTargetTests : IDisposable
{
    private static readonly byte[] Lines = "{\"operationId\":1}\n"u8.ToArray();
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task File_is_appended_to_and_private_to_owner()
    {
        var path = _directory.File("ledger.jsonl");
        ForwardFile file = new(path);
        await file.SendAsync(Lines, default);
        await file.SendAsync(Lines, default);
        Assert.Equal(2, (await File.ReadAllLinesAsync(path)).Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task File_goes_on_after_it_was_rotated()
    {
        var path = _directory.File("ledger.jsonl");
        ForwardFile file = new(path);
        await file.SendAsync(Lines, default);
        File.Move(path, path + ".1");
        await file.SendAsync(Lines, default);
        Assert.Single(await File.ReadAllLinesAsync(path));
    }

    [Fact]
    public async Task File_that_cannot_be_written_is_named()
    {
        var path = Path.Combine(_directory.Path, "nowhere", "ledger.jsonl");
        var fault = await Assert.ThrowsAsync<ForwardingException>(() => new ForwardFile(path).SendAsync(Lines, default));
        Assert.Contains(path, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Receiver_gets_lines_with_its_token()
    {
        using var server = Listen(out var url);
        using ForwardReceiver receiver = new(url, "a token");
        var sending = receiver.SendAsync(Lines, default);
        var context = await server.GetContextAsync();
        using MemoryStream body = new();
        await context.Request.InputStream.CopyToAsync(body);
        context.Response.StatusCode = 204;
        context.Response.Close();
        await sending;
        Assert.Equal(Lines, body.ToArray());
        Assert.Equal("application/x-ndjson", context.Request.ContentType);
        Assert.Equal("Bearer a token", context.Request.Headers["Authorization"]);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(401)]
    [InlineData(302)]
    public async Task Other_answers_than_success_take_nothing(int status)
    {
        using var server = Listen(out var url);
        using ForwardReceiver receiver = new(url, "a token");
        var sending = receiver.SendAsync(Lines, default);
        var context = await server.GetContextAsync();
        context.Response.StatusCode = status;
        context.Response.RedirectLocation = url.ToString();
        context.Response.Close();
        var fault = await Assert.ThrowsAsync<ForwardingException>(() => sending);
        Assert.Contains($"{status}", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("a token", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Receiver_that_is_not_there_is_named()
    {
        Listen(out var gone).Close();
        using ForwardReceiver receiver = new(gone, null);
        Assert.Contains("127.0.0.1", (await Assert.ThrowsAsync<ForwardingException>(() => receiver.SendAsync(Lines, default))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("file:/var/log/ledger.jsonl", null)]
    [InlineData("https://siem.example.com/ledger?index=x", "token")]
    [InlineData("http://127.0.0.1:9/ledger", "token")]
    public void Targets_are_read(string target, string? token)
    {
        var options = Read(target, token, out var mistakes);
        Assert.Empty(mistakes);
        Assert.NotNull(options.Target);
        Assert.DoesNotContain("token", options.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("file:ledger.jsonl", null)]
    [InlineData("http://siem.example.com/ledger", null)]
    [InlineData("https://user:password@siem.example.com/", null)]
    [InlineData("ftp://siem.example.com/", null)]
    [InlineData("/var/log/ledger.jsonl", "token")]
    [InlineData("file:/var/log/ledger.jsonl", "token")]
    [InlineData(null, "token")]
    public void Wrong_targets_are_mistakes(string? target, string? token)
    {
        Read(target, token, out var mistakes);
        Assert.NotEmpty(mistakes);
        Assert.DoesNotContain(mistakes, mistake => mistake.Contains("password", StringComparison.Ordinal));
    }

    private static ForwardingOptions Read(string? target, string? token, out IReadOnlyList<string> mistakes)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("CODESIGNING_FORWARD_TO", target), new("CODESIGNING_FORWARD_TOKEN", token)])
            .Build();
        SettingsReader reader = new(configuration);
        var options = ForwardingOptions.Read(reader);
        mistakes = reader.Mistakes;
        return options;
    }

    private static HttpListener Listen(out Uri url)
    {
        while (true)
        {
            url = new Uri($"http://127.0.0.1:{Random.Shared.Next(20000, 32000)}/ledger/");
            HttpListener listener = new();
            listener.Prefixes.Add(url.ToString());
            try
            {
                listener.Start();
                return listener;
            }
            catch (HttpListenerException)
            {
                listener.Close();
            }
        }
    }
}
