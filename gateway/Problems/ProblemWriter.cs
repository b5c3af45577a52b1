using System.Globalization;
using System.Text.Json;
using CodeSigning.Gateway.Calls;

namespace CodeSigning.Gateway.Problems;

/// <summary>The one place where a problem becomes a response.</summary>
internal static class ProblemWriter
{
    private const string ContentType = "application/problem+json";

    /// <summary>Answers with the problem. The response must not have started.</summary>
    public static async Task WriteAsync(HttpContext context, Problem problem)
    {
        var response = context.Response;
        response.StatusCode = problem.Status;
        response.Headers.ETag = default;
        response.Headers.ContentDisposition = default;
        if (problem.RetryAfter is { } wait)
        {
            var seconds = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (problem.Status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        await JsonAnswer.WriteAsync(context, json => WriteDocument(json, problem), ContentType);
    }

    /// <summary>Writes the problem as a JSON object.</summary>
    public static void WriteDocument(Utf8JsonWriter json, Problem problem)
    {
        json.WriteStartObject();
        json.WriteNumber("status"u8, problem.Status);
        json.WriteString("title"u8, ErrorCodeTable.TitleOf(problem.Code));
        json.WriteString("detail"u8, problem.Detail);
        json.WriteString("code"u8, problem.Code.ToString());
        foreach (var (name, text) in problem.Members)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(text);
        }

        json.WriteEndObject();
    }
}
