using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CodeSigning.Gateway.Tests.Tracing;

/// <summary>Takes traces on loopback by OTLP over HTTP (OpenTelemetry protocol 1.9, section "OTLP/HTTP").</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<byte[]> _bodies = new();

    private OtlpReceiver()
    {
        _app = WebApplication.CreateSlimBuilder().Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.MapPost("/v1/traces", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            _bodies.Enqueue(body.ToArray());
        });
    }

    /// <summary>The settings with which a server sends here, soon.</summary>
    public string[] Settings =>
    [
        $"--OTEL_EXPORTER_OTLP_ENDPOINT={_app.Urls.Single()}",
        "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
        "--OTEL_BSP_SCHEDULE_DELAY=50",
    ];

    /// <summary>All that was received, as text wherever it is text.</summary>
    public string Text => string.Concat(_bodies.Select(Encoding.UTF8.GetString));

    public IReadOnlyList<ReceivedSpan> Spans => [.. _bodies.SelectMany(ReceivedSpan.ReadAll)];

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <summary>What a test looks at of a span (opentelemetry/proto/trace/v1/trace.proto).</summary>
internal sealed record ReceivedSpan(string TraceId, string ParentId, string Name, ulong Kind, IReadOnlySet<string> Attributes)
{
    public const ulong Server = 2;

    public bool IsRoot => ParentId.Length == 0;

    /// <summary>The spans of an ExportTraceServiceRequest: of its resource_spans (1), scope_spans (2), spans (2).</summary>
    public static IEnumerable<ReceivedSpan> ReadAll(byte[] request) =>
        from resource in ProtobufField.ReadAll(request).Where(field => field.Number == 1)
        from scope in ProtobufField.ReadAll(resource.Bytes).Where(field => field.Number == 2)
        from span in ProtobufField.ReadAll(scope.Bytes).Where(field => field.Number == 2)
        select Read([.. ProtobufField.ReadAll(span.Bytes)]);

    private static ReceivedSpan Read(IReadOnlyList<ProtobufField> fields) => new(
        Convert.ToHexStringLower(fields.Single(field => field.Number == 1).Bytes),
        Convert.ToHexStringLower(fields.SingleOrDefault(field => field.Number == 4)?.Bytes ?? []),
        Encoding.UTF8.GetString(fields.Single(field => field.Number == 5).Bytes),
        fields.Single(field => field.Number == 6).Value,
        fields.Where(field => field.Number == 9)
            .Select(attribute => Encoding.UTF8.GetString(ProtobufField.ReadAll(attribute.Bytes).First(field => field.Number == 1).Bytes))
            .ToHashSet());
}

/// <summary>A field of a protobuf message, by its wire type (protobuf.dev, "Encoding").</summary>
internal sealed record ProtobufField(int Number, ulong Value, byte[] Bytes)
{
    public static IEnumerable<ProtobufField> ReadAll(byte[] message)
    {
        for (var at = 0; at < message.Length;)
        {
            var tag = ReadVarint(message, ref at);
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    yield return new ProtobufField(number, ReadVarint(message, ref at), []);
                    break;
                case 1:
                    yield return new ProtobufField(number, BitConverter.ToUInt64(message, at), []);
                    at += 8;
                    break;
                case 2:
                    var length = (int)ReadVarint(message, ref at);
                    yield return new ProtobufField(number, 0, message[at..(at + length)]);
                    at += length;
                    break;
                case 5:
                    yield return new ProtobufField(number, BitConverter.ToUInt32(message, at), []);
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException("The wire type is unknown.");
            }
        }
    }

    private static ulong ReadVarint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var octet = message[at++];
            value |= (ulong)(octet & 0x7F) << shift;
            if (octet < 0x80)
            {
                return value;
            }
        }
    }
}
