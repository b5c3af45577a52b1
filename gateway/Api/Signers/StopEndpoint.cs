using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Gateway.Api.Ledger;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Administration;
using CodeSigning.Signers;

namespace CodeSigning.Gateway.Api.Signers;

/// <summary>The emergency stop.</summary>
internal static class StopEndpoint
{
    public static void MapStopEndpoint(this IEndpointRouteBuilder signer) =>
        signer.MapPost("/stop", StopAsync).WithName("StopSigner").Produces<StopReportBody>();

    /// <summary>
    /// Stops a signer immediately: disables it, revokes its grants, cancels its requests, names the other signers of
    /// its key, and lists every signature that it made since a given time. The list is complete: it is read after all
    /// pending commits have ended. With `includeSignersWithSameKey` those signers are stopped too, as far as the caller
    /// may.
    /// </summary>
    internal static async Task<IResult> StopAsync(SignerCall call, JsonBody<StopSigner> body, EmergencyStop stop)
    {
        var report = await call.AskAsync(caller => stop.StopAsync(caller, call.SignerId, body.Value, call.Aborted));
        return new ReportResult(report);
    }

    // There may be ten million signatures, so they are streamed.
    private sealed class ReportResult(StopReport report) : IResult
    {
        private const int FlushedAt = 64 * 1024;

        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.ContentType = "application/json";
            await using var json = new Utf8JsonWriter(httpContext.Response.BodyWriter, ContractJson.WriterOptions);
            json.WriteStartObject();
            Write(json, "signer", report.Signer);
            Write(json, "revokedGrants", report.RevokedGrants);
            Write(json, "cancelledRequests", report.CancelledRequests);
            Write(json, "signersWithSameKey", report.SignersWithSameKey);
            json.WriteStartArray("signatures"u8);
            var flushed = 0L;
            await foreach (var entry in report.Signatures.WithCancellation(httpContext.RequestAborted))
            {
                json.WriteRawValue(entry.Json, skipInputValidation: true);
                if (json.BytesCommitted + json.BytesPending - flushed < FlushedAt)
                {
                    continue;
                }

                // Write hands over to the response; flush waits until the client has received it.
                await json.FlushAsync(httpContext.RequestAborted);
                await httpContext.Response.BodyWriter.FlushAsync(httpContext.RequestAborted);
                flushed = json.BytesCommitted;
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        private static void Write<T>(Utf8JsonWriter json, string name, T value)
        {
            json.WritePropertyName(name);
            JsonSerializer.Serialize(json, value, ContractJson.Options);
        }
    }
}

/// <summary>The result of an emergency stop.</summary>
/// <param name="Signer">The signer, disabled.</param>
/// <param name="RevokedGrants">The ids of the grants that were revoked.</param>
/// <param name="CancelledRequests">The ids of the requests that were cancelled.</param>
/// <param name="SignersWithSameKey">The other signers with the same key, and whether they were stopped too.</param>
/// <param name="Signatures">The entries of every signature since the requested time, signer by signer, newest first.</param>
internal sealed record StopReportBody(
    SignerView Signer,
    IReadOnlyList<string> RevokedGrants,
    IReadOnlyList<string> CancelledRequests,
    IReadOnlyList<SignerOfSameKey> SignersWithSameKey,
    IReadOnlyList<EntryBody> Signatures);
