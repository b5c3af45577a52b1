using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace CodeSigning.Gateway.Docs;

/// <summary>An example of the call that all others are there for.</summary>
internal static class SigningExample
{
    /// <summary>The operation that it is an example of.</summary>
    public const string OperationId = "Sign";

    private const string Json = "application/json";

    /// <summary>Adds the example to the operation.</summary>
    public static void AddTo(OpenApiOperation operation)
    {
        operation.RequestBody!.Content![Json].Example = new JsonObject
        {
            ["data"] = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
            ["signingAlgorithm"] = "ECDSA_SHA256",
            ["isDigest"] = true,
            ["clientMetadata"] = new JsonObject { ["tool"] = "signtool", ["hostname"] = "build-7" },
        };
        operation.Responses!["200"].Content![Json].Example = new JsonObject
        {
            ["signature"] = "MEUCIBFh91M1rBPetYIHvlQBXLrOsGgFIDcd8iHsTQ3/mh3FAiEA3V3UqNy0MyepJLJmh6yaopgIvn5NzHMTiR+Ojzgtqv4=",
            ["signingAlgorithm"] = "ECDSA_SHA256",
            ["signerId"] = "sgn_01k9p0c3v5s8w2y4b6d7f9h1j3",
            ["operationId"] = "op_01k9p0f6a8c0e2g4j6m8p0r2t4",
        };
    }
}
