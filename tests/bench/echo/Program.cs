// Usage: bench-echo PORT
// What the framework alone takes for a request for a signature: it is read as JSON, and as much JSON as a signature is answered.
using System.Text.Json.Serialization;
using CodeSigning.Bench.Echo;

var builder = WebApplication.CreateSlimBuilder();
builder.WebHost.UseUrls($"http://127.0.0.1:{args[0]}");
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.ConfigureHttpJsonOptions(options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, EchoJson.Default));
var app = builder.Build();
app.MapGet("/readyz", () => Results.Ok());
app.MapPost("/api/v1/pki/signers/{signer}/sign", (string signer, Request request) =>
    new Answer(request.Data, request.SigningAlgorithm, $"op_{signer}", signer));
await app.RunAsync();

namespace CodeSigning.Bench.Echo
{
    internal sealed record Request(string Data, string SigningAlgorithm, bool IsDigest);

    internal sealed record Answer(string Signature, string SigningAlgorithm, string OperationId, string SignerId);

    [JsonSerializable(typeof(Request))]
    [JsonSerializable(typeof(Answer))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    internal sealed partial class EchoJson : JsonSerializerContext;
}
