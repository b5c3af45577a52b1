using System.Collections.Immutable;
using CodeSigning.Errors;
using CodeSigning.Gateway.Api.Approvals;
using CodeSigning.Signing;

namespace CodeSigning.Gateway.Api.Signing;

/// <summary>A request to the sign endpoint.</summary>
/// <param name="Item">The item to sign.</param>
/// <param name="ClientMetadata">The client's assertions about itself, or null.</param>
internal readonly record struct SignRequest(SignItem Item, ImmutableSortedDictionary<string, string>? ClientMetadata);

/// <summary>A request to the batch endpoint.</summary>
/// <param name="Items">The items to sign, 1 to 1000; each is validated when it is handled.</param>
/// <param name="ClientMetadata">The client's assertions about itself, or null.</param>
internal readonly record struct BatchRequest(
    IReadOnlyList<SignItemFields> Items, ImmutableSortedDictionary<string, string>? ClientMetadata);

/// <summary>A validated item to sign.</summary>
/// <param name="Data">1 to 128 bytes.</param>
/// <param name="Algorithm">The signature scheme.</param>
/// <param name="IsDigest">Whether the data is a digest.</param>
internal readonly record struct SignItem(byte[] Data, SigningAlgorithm Algorithm, bool IsDigest);

/// <summary>The options of a signing response.</summary>
/// <param name="RawEcdsa">Whether ECDSA signatures are r‖s, each as long as the curve's field, instead of DER.</param>
/// <param name="WithChain">Whether to include the certificate chain.</param>
/// <param name="Wait">The time to wait for the approval of a pending request; null for none.</param>
internal readonly record struct SignOptions(bool RawEcdsa, bool WithChain, TimeSpan? Wait)
{
    /// <summary>Parses the query parameters.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static SignOptions Parse(string? ecdsaFormat, string? include, string? wait = null) => new(
        ecdsaFormat switch
        {
            null or "der" => false,
            "raw" => true,
            _ => throw new RefusedException(ErrorCode.InvalidRequest, "The parameter 'ecdsaFormat' is invalid: expected der or raw."),
        },
        include switch
        {
            null => false,
            "chain" => true,
            _ => throw new RefusedException(ErrorCode.InvalidRequest, "The parameter 'include' is invalid: expected chain."),
        },
        RequestFilters.ParseWait(wait));
}
