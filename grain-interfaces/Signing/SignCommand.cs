using System.Collections.Immutable;
using CodeSigning.Identities;

namespace CodeSigning.Signing;

/// <summary>Asks for one signature. The gateway has checked the form: 1 to 128 bytes, a digest's length fits its algorithm.</summary>
/// <param name="Caller">Who asks.</param>
/// <param name="SignerId">The signer's id.</param>
/// <param name="Algorithm">The signature scheme.</param>
/// <param name="IsDigest">Whether the data is the digest already.</param>
/// <param name="Data">The submitted bytes.</param>
/// <param name="ClientMetadata">What the client says of itself; at most 2 KiB in all.</param>
[GenerateSerializer, Immutable, Alias("codesigning.SignCommand")]
public sealed record SignCommand(
    [property: Id(0)] Caller Caller,
    [property: Id(1)] string SignerId,
    [property: Id(2)] SigningAlgorithm Algorithm,
    [property: Id(3)] bool IsDigest,
    [property: Id(4)] ReadOnlyMemory<byte> Data,
    [property: Id(5)] ImmutableSortedDictionary<string, string>? ClientMetadata);
