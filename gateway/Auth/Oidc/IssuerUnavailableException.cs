namespace CodeSigning.Gateway.Auth.Oidc;

/// <summary>An issuer's documents cannot be had, or are not what they must be. The message is for the log.</summary>
internal sealed class IssuerUnavailableException(string message, Exception? innerException = null)
    : Exception(message, innerException);
