using CodeSigning.Gateway.Calls;
using CodeSigning.Ledger;

namespace CodeSigning.Gateway.Api.Ledger;

/// <summary>One page of ledger entries. An entry goes out as the very text that its hash was made of.</summary>
internal sealed class EntryPage(IReadOnlyList<LedgerEntry> entries, string? next) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => JsonAnswer.WriteAsync(httpContext, json =>
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
    });
}
