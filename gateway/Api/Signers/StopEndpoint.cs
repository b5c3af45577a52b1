using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Signers;
using CodeSigning.Signers;

namespace CodeSigning.Gateway.Api.Signers;

/// <summary>The emergency stop.</summary>
internal static class StopEndpoint
{
    public static void MapStopEndpoint(this IEndpointRouteBuilder signer) =>
        signer.MapPost("/stop", StopAsync).WithName("StopSigner").Produces<StopReportBody>();

    /// <summary>
    /// Stops a signer at once: disables it, revokes its grants, cancels its requests, and lists every signature that it
    /// made since a time. The list is whole: it is read when every commit that was under way has ended.
    /// </summary>
    internal static async Task<IResult> StopAsync(SignerCall call, JsonBody<StopSigner> body, SignerWithdrawals withdrawals)
    {
        var report = await call.AskAsync(caller => withdrawals.StopAsync(caller, call.SignerId, body.Value, call.Aborted));
        return new ReportResult(report);
    }

    private sealed class ReportResult(StopReport report) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => JsonAnswer.WriteAsync(httpContext, json =>
        {
            json.WriteStartObject();
            Write(json, "signer", report.Signer);
            Write(json, "revokedGrants", report.RevokedGrants);
            Write(json, "cancelledRequests", report.CancelledRequests);
            json.WriteStartArray("signatures"u8);
            foreach (var entry in report.Signatures)
            {
                json.WriteRawValue(entry.Json, skipInputValidation: true);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });

        private static void Write<T>(Utf8JsonWriter json, string name, T value)
        {
            json.WritePropertyName(name);
            JsonSerializer.Serialize(json, value, ContractJson.Options);
        }
    }
}
