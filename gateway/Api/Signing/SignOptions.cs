using CodeSigning.Errors;
using CodeSigning.Gateway.Api.Approvals;

namespace CodeSigning.Gateway.Api.Signing;

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
