using CodeSigning.Errors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace CodeSigning.Gateway.Auth.SingleSignOn;

/// <summary>Why a sign-in at the identity provider failed. Pages show the names in camelCase: never rename or remove one.</summary>
internal enum SignInFault
{
    /// <summary>The provider's response is no response to a sign-in with a code.</summary>
    ResponseInvalid = 1,

    /// <summary>The response belongs to no sign-in that this browser began, or to one of long ago.</summary>
    StateInvalid,

    /// <summary>The response is another provider's (RFC 9207).</summary>
    OtherIssuer,

    /// <summary>The provider refused the sign-in.</summary>
    ProviderRefused,

    /// <summary>The provider did not take the code.</summary>
    CodeRefused,

    /// <summary>The ID token is invalid.</summary>
    TokenInvalid,

    /// <summary>The ID token belongs to another sign-in.</summary>
    NonceInvalid,

    /// <summary>The person was to prove who they are again, and did not.</summary>
    NotFresh,

    /// <summary>The sign-in was used before.</summary>
    UsedBefore,

    /// <summary>The account is disabled here.</summary>
    AccountDisabled,

    /// <summary>Too many sign-ins.</summary>
    RateLimited,

    /// <summary>The provider cannot be reached, or its documents cannot be read.</summary>
    ProviderUnavailable,
}

/// <summary>A sign-in is refused.</summary>
/// <param name="fault">Why.</param>
/// <param name="message">What is wrong, without any value of a token.</param>
internal sealed class SignInRefusedException(SignInFault fault, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public SignInFault Fault { get; } = fault;
}

/// <summary>Says what a failure of the protocol means to the person.</summary>
internal static class SignInFaults
{
    private static readonly string[] Once = ["state", "code", "iss", "error"];
    private static readonly string[] Never = ["id_token", "access_token"];

    /// <summary>What is wrong with the form of a response (RFC 6749, section 4.1.2); null for nothing.</summary>
    public static string? FindInForm(HttpRequest request) => request switch
    {
        _ when !HttpMethods.IsGet(request.Method) => "The identity provider's response is no GET request.",
        _ when Once.FirstOrDefault(name => request.Query[name].Count > 1) is { } name => $"The identity provider's response has '{name}' twice.",
        _ when Never.FirstOrDefault(request.Query.ContainsKey) is { } name => $"The identity provider's response must not have '{name}'.",
        _ when !request.Query.ContainsKey("code") && !request.Query.ContainsKey("error") => "The identity provider's response has neither 'code' nor 'error'.",
        _ => null,
    };

    /// <summary>The refusal that a failure means.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="request">The provider's response.</param>
    public static SignInRefusedException Of(Exception? failure, HttpRequest request)
    {
        if (FindInForm(request) is { } form)
        {
            return new SignInRefusedException(SignInFault.ResponseInvalid, form);
        }

        return failure switch
        {
            SignInRefusedException refused => refused,
            RefusedException { Code: ErrorCode.Unavailable } unavailable => new SignInRefusedException(SignInFault.ProviderUnavailable, unavailable.Message),
            OpenIdConnectProtocolInvalidNonceException => new SignInRefusedException(
                SignInFault.NonceInvalid, "The ID token belongs to another sign-in (nonce)."),
            OpenIdConnectProtocolInvalidAtHashException => new SignInRefusedException(
                SignInFault.TokenInvalid, "The ID token is invalid: it belongs to another access token (at_hash)."),
            OpenIdConnectProtocolException when request.Query.ContainsKey("error") => new SignInRefusedException(
                SignInFault.ProviderRefused, "The identity provider refused the sign-in."),
            OpenIdConnectProtocolException protocol when protocol.Data.Contains("error") => new SignInRefusedException(
                SignInFault.CodeRefused, "The identity provider did not take the code of this sign-in."),
            OpenIdConnectProtocolException protocol when !protocol.Message.StartsWith("IDX", StringComparison.Ordinal) => Unavailable(),
            SecurityTokenException or OpenIdConnectProtocolException => new SignInRefusedException(
                SignInFault.TokenInvalid, "The identity provider's answer to the code is invalid."),
            AuthenticationFailureException => new SignInRefusedException(
                SignInFault.StateInvalid, "This browser began no such sign-in, or began it long ago (state)."),
            _ => Unavailable(),
        };
    }

    /// <summary>The provider cannot be reached.</summary>
    public static SignInRefusedException Unavailable() =>
        new(SignInFault.ProviderUnavailable, "The identity provider cannot be reached at the moment, or its answer cannot be read.");

    /// <summary>The refusal of a person whom the provider signed in.</summary>
    public static SignInRefusedException Of(RefusedException refused) => new(
        refused.Code switch
        {
            ErrorCode.Forbidden => SignInFault.AccountDisabled,
            ErrorCode.RateLimited => SignInFault.RateLimited,
            _ => SignInFault.UsedBefore,
        },
        refused.Message);

    /// <summary>The code that clients see of a fault.</summary>
    public static ErrorCode CodeOf(SignInFault fault) => fault switch
    {
        SignInFault.ProviderUnavailable => ErrorCode.Unavailable,
        SignInFault.RateLimited => ErrorCode.RateLimited,
        SignInFault.AccountDisabled or SignInFault.ProviderRefused => ErrorCode.Forbidden,
        SignInFault.ResponseInvalid => ErrorCode.InvalidRequest,
        _ => ErrorCode.Unauthenticated,
    };
}
