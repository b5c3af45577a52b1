using Net.Pkcs11Interop.Common;

namespace CodeSigning.Silo.Hsm;

/// <summary>A connection to a token was lost or never made. The message says why, and nothing secret.</summary>
internal sealed class TokenFaultException(string message) : Exception(message);

/// <summary>The token did not take the PIN, or the PIN may not be tried.</summary>
internal sealed class PinRefusedException(string message) : Exception(message);

/// <summary>Turns results of PKCS#11 functions into faults.</summary>
internal static class TokenResult
{
    /// <summary>Throws unless the function succeeded.</summary>
    /// <param name="result">Its result.</param>
    /// <param name="function">Its name.</param>
    /// <exception cref="TokenFaultException">It failed.</exception>
    public static void ThrowIfFailed(this CKR result, string function)
    {
        if (result != CKR.CKR_OK)
        {
            throw new TokenFaultException($"{function} answered {result}");
        }
    }
}
