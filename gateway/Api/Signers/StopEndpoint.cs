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
    /// Stops a signer at once: disables it, revokes its grants, cancels its requests, names the other signers of its key, and
    /// lists every signature that it made since a time. The list is whole: it is read when every commit that was under way
    /// has ended. With `includeSignersWithSameKey` those are stopped too, as far as you may.
    /// </summary>
    internal static async Task<IResult> StopAsync(SignerCall call, JsonBody<StopSigner> body, EmergencyStop stop)
    {
        var report = await call.AskAsync(caller => stop.StopAsync(caller, call.SignerId, body.Value, call.Aborted));
        return new ReportResult(report);
    }

    // There may be ten million signatures: they leave as they are read.
    private sealed class ReportResult(StopReport report) : IResult
    {
        private const int FlushedAt = 64 * 1024;

        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.ContentType = "application/json";
            await using var json = new Utf8JsonWriter(httpContext.Response.BodyWriter);
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

                // The one hands over to the response, the other waits until the client has taken it.
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

/// <summary>What an emergency stop did and found. For the OpenAPI document; <see cref="StopEndpoint"/> writes it.</summary>
/// <param name="Signer">The signer, disabled.</param>
/// <param name="RevokedGrants">The ids of the grants that were revoked.</param>
/// <param name="CancelledRequests">The ids of the requests that were cancelled.</param>
/// <param name="SignersWithSameKey">The other signers whose certificates are for the same key, and whether they were stopped too.</param>
/// <param name="Signatures">The entries of every signature since the time asked for, newest first, signer by signer.</param>
internal sealed record StopReportBody(
    SignerView Signer,
    IReadOnlyList<string> RevokedGrants,
    IReadOnlyList<string> CancelledRequests,
    IReadOnlyList<SignerOfSameKey> SignersWithSameKey,
    IReadOnlyList<EntryBody> Signatures);
