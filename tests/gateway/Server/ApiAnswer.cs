using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace CodeSigning.Gateway.Tests.Server;

/// <summary>What the server answered.</summary>
public sealed record ApiAnswer(int Status, HttpResponseHeaders Headers, string? ContentType, byte[] Body, string? Disposition = null)
{
    public string BodyText => Encoding.UTF8.GetString(Body);

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>The problem's stable code, where it is a problem.</summary>
    public string? Code => ContentType == "application/problem+json" ? Text("code") : null;

    public static async Task<ApiAnswer> ReadAsync(HttpResponseMessage response) => new(
        (int)response.StatusCode,
        response.Headers,
        response.Content.Headers.ContentType?.MediaType,
        await response.Content.ReadAsByteArrayAsync(),
        response.Content.Headers.ContentDisposition?.ToString());

    public string Text(string member) => Json.GetProperty(member).GetString()!;

    public ApiAnswer Succeeded()
    {
        Assert.True(Status is >= 200 and < 300, $"{Status} {BodyText}");
        return this;
    }

    /// <summary>It is a problem document of this status and code, and tells nothing internal.</summary>
    public ApiAnswer Refused(int status, string code)
    {
        Assert.True(status == Status && code == Code, $"expected {status} {code}, got {Status} {BodyText}");
        return IsProblem();
    }

    public ApiAnswer IsProblem()
    {
        Assert.True(ContentType == "application/problem+json", $"{Status} {ContentType} {BodyText}");
        Assert.Equal(Status, Json.GetProperty("status").GetInt32());
        Assert.NotEmpty(Text("title"));
        Assert.NotEmpty(Text("detail"));
        Assert.NotEmpty(Text("code"));
        Assert.DoesNotContain("Exception", BodyText, StringComparison.Ordinal);
        Assert.DoesNotContain("CodeSigning.", BodyText, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", BodyText, StringComparison.Ordinal);
        Assert.DoesNotContain("SELECT ", BodyText, StringComparison.Ordinal);
        return this;
    }
}
