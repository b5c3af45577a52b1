using System.Collections.Immutable;
using CodeSigning.Errors;
using CodeSigning.Gateway.Api.Approvals;
using CodeSigning.Signing;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>What the sign endpoint is asked.</summary>
/// <param name="Item">What is to be signed.</param>
/// <param name="ClientMetadata">What the client says of itself, or null.</param>
internal readonly record struct SignRequest(SignItem Item, ImmutableSortedDictionary<string, string>? ClientMetadata);

/// <summary>What the batch endpoint is asked.</summary>
/// <param name="Items">What is to be signed, 1 to 1000; each is checked when its turn comes.</param>
/// <param name="ClientMetadata">What the client says of itself, or null.</param>
internal readonly record struct BatchRequest(
    IReadOnlyList<SignItemFields> Items, ImmutableSortedDictionary<string, string>? ClientMetadata);

/// <summary>One thing to be signed; its length fits the algorithm.</summary>
/// <param name="Data">1 to 128 bytes.</param>
/// <param name="Algorithm">The signature scheme.</param>
/// <param name="IsDigest">Whether the data is the digest already.</param>
internal readonly record struct SignItem(byte[] Data, SigningAlgorithm Algorithm, bool IsDigest);

/// <summary>How a client wants its answer.</summary>
/// <param name="RawEcdsa">ECDSA signatures as r‖s, each as long as the curve's field, in place of DER.</param>
/// <param name="WithChain">With the certificate and those above it.</param>
/// <param name="Wait">How long to wait for the approval of a request that is pending; null for not at all.</param>
internal readonly record struct SignOptions(bool RawEcdsa, bool WithChain, TimeSpan? Wait)
{
    /// <summary>Reads the parameters of the query.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static SignOptions Parse(string? ecdsaFormat, string? include, string? wait = null) => new(
        ecdsaFormat switch
        {
            null or "der" => false,
            "raw" => true,
            _ => throw new RefusedException(ErrorCode.InvalidRequest, "The parameter ecdsaFormat can be der or raw."),
        },
        include switch
        {
            null => false,
            "chain" => true,
            _ => throw new RefusedException(ErrorCode.InvalidRequest, "The parameter include can be chain."),
        },
        RequestFilters.ParseWait(wait));
}
