using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Signers;

namespace CodeSigning.Gateway.Api.Approvals;

/// <summary>What an emergency stop did and found. An entry goes out as the very text that its hash was made of.</summary>
internal sealed class StopReportAnswer(StopReport report) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "application/json";
        using (var json = new Utf8JsonWriter(httpContext.Response.BodyWriter))
        {
            json.WriteStartObject();
            json.WritePropertyName("signer"u8);
            JsonSerializer.Serialize(json, report.Signer, ContractJson.Options);
            json.WritePropertyName("revokedGrants"u8);
            JsonSerializer.Serialize(json, report.RevokedGrants, ContractJson.Options);
            json.WritePropertyName("cancelledRequests"u8);
            JsonSerializer.Serialize(json, report.CancelledRequests, ContractJson.Options);
            json.WriteStartArray("signatures"u8);
            foreach (var entry in report.Signatures)
            {
                json.WriteRawValue(entry.Json, skipInputValidation: true);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        await httpContext.Response.BodyWriter.FlushAsync(httpContext.RequestAborted);
    }
}
