using System.Text.Json;
using CodeSigning.Ledger;

namespace CodeSigning.Gateway.Api.Ledger;

/// <summary>One page of ledger entries. An entry goes out as the very text that its hash was made of.</summary>
internal sealed class EntryPage(IReadOnlyList<LedgerEntry> entries, string? next) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "application/json";
        using (var json = new Utf8JsonWriter(httpContext.Response.BodyWriter))
        {
            json.WriteStartObject();
            json.WriteStartArray("items"u8);
            foreach (var entry in entries)
            {
                json.WriteRawValue(entry.Json, skipInputValidation: true);
            }

            json.WriteEndArray();
            if (next is not null)
            {
                json.WriteString("next"u8, next);
            }

            json.WriteEndObject();
        }

        await httpContext.Response.BodyWriter.FlushAsync(httpContext.RequestAborted);
    }
}
