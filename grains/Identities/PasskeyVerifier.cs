using System.Buffers.Text;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fido2NetLib;
using Fido2NetLib.Objects;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Verifies what authenticators say (Web Authentication Level 3, sections 7.1 and 7.2), by Fido2NetLib; user verification
/// is required, so that a passkey is two factors. Counters are judged by the caller. Pure functions.
/// </summary>
internal static class PasskeyVerifier
{
    private static readonly PubKeyCredParam[] Algorithms = [PubKeyCredParam.ES256, PubKeyCredParam.RS256];

    /// <summary>The COSE numbers of the algorithms that are asked for.</summary>
    public static IEnumerable<int> AlgorithmNumbers => Algorithms.Select(algorithm => (int)algorithm.Alg);

    /// <summary>The challenge that a response answers; null where it cannot be read.</summary>
    public static byte[]? ReadChallenge(byte[] clientData)
    {
        try
        {
            using var document = JsonDocument.Parse(clientData);
            return document.RootElement.TryGetProperty("crossOrigin", out var cross) && cross.ValueKind == JsonValueKind.True
                ? null
                : Base64Url.DecodeFromChars(document.RootElement.GetProperty("challenge").GetString());
        }
        catch (Exception malformed) when (malformed is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Verifies a registration; null where it is none.</summary>
    public static async Task<VerifiedPasskey?> VerifyRegistrationAsync(
        byte[] clientData, byte[] attestationObject, byte[] credentialId, byte[] challenge, string userId, PasskeyOptions options, CancellationToken cancellationToken)
    {
        var parameters = new MakeNewCredentialParams
        {
            AttestationResponse = new AuthenticatorAttestationRawResponse
            {
                Id = Base64Url.EncodeToString(credentialId),
                RawId = credentialId,
                Type = PublicKeyCredentialType.PublicKey,
                Response = new AuthenticatorAttestationRawResponse.AttestationResponse
                {
                    AttestationObject = attestationObject,
                    ClientDataJson = clientData,
                    Transports = [],
                },
                ClientExtensionResults = new AuthenticationExtensionsClientOutputs(),
            },
            OriginalOptions = new CredentialCreateOptions
            {
                Rp = new PublicKeyCredentialRpEntity(options.RelyingParty, options.RelyingParty),
                User = new Fido2User { Id = Encoding.ASCII.GetBytes(userId), Name = userId, DisplayName = userId },
                Challenge = challenge,
                PubKeyCredParams = Algorithms,
                AuthenticatorSelection = new AuthenticatorSelection { UserVerification = UserVerificationRequirement.Required },
            },
            IsCredentialIdUniqueToUserCallback = (_, _) => Task.FromResult(true),
        };
        try
        {
            var made = await ToLibrary(options).MakeNewCredentialAsync(parameters, cancellationToken);
            return made.Id.AsSpan().SequenceEqual(credentialId) ? new VerifiedPasskey(made.Id, made.PublicKey, made.SignCount) : null;
        }
        catch (Exception refused) when (IsRefusal(refused))
        {
            return null;
        }
    }

    /// <summary>Verifies an assertion with a known passkey; the counter that it tells, or null where it proves nothing.</summary>
    public static async Task<uint?> VerifyAssertionAsync(
        PasskeyProof proof, byte[] challenge, byte[] publicKey, string userId, PasskeyOptions options, CancellationToken cancellationToken)
    {
        var parameters = new MakeAssertionParams
        {
            AssertionResponse = new AuthenticatorAssertionRawResponse
            {
                Id = Base64Url.EncodeToString(proof.CredentialId),
                RawId = proof.CredentialId,
                Type = PublicKeyCredentialType.PublicKey,
                Response = new AuthenticatorAssertionRawResponse.AssertionResponse
                {
                    AuthenticatorData = proof.AuthenticatorData,
                    Signature = proof.Signature,
                    ClientDataJson = proof.ClientData,
                    UserHandle = proof.UserHandle,
                },
                ClientExtensionResults = new AuthenticationExtensionsClientOutputs(),
            },
            OriginalOptions = new AssertionOptions
            {
                Challenge = challenge,
                RpId = options.RelyingParty,
                UserVerification = UserVerificationRequirement.Required,
            },
            StoredPublicKey = publicKey,
            StoredSignatureCounter = 0,
            IsUserHandleOwnerOfCredentialIdCallback = (owner, _) => Task.FromResult(owner.UserHandle.AsSpan().SequenceEqual(Encoding.ASCII.GetBytes(userId))),
        };
        try
        {
            return (await ToLibrary(options).MakeAssertionAsync(parameters, cancellationToken)).SignCount;
        }
        catch (Exception refused) when (IsRefusal(refused))
        {
            return null;
        }
    }

    private static Fido2 ToLibrary(PasskeyOptions options) => new(new Fido2Configuration
    {
        RPID = options.RelyingParty,
        RPName = options.RelyingParty,
        Origins = new HashSet<string> { options.Origin },
    });

    // What is malformed fails in the parsers below the library.
    private static bool IsRefusal(Exception exception) => exception is Fido2VerificationException or CborContentException
        or InvalidOperationException or ArgumentException or FormatException or OverflowException or CryptographicException
        or InvalidCastException or KeyNotFoundException or EndOfStreamException or NotSupportedException;
}

/// <summary>A passkey that an authenticator made.</summary>
/// <param name="CredentialId">The credential's id.</param>
/// <param name="PublicKey">The public key (COSE_Key, RFC 9052, section 7).</param>
/// <param name="SignCount">The counter.</param>
internal sealed record VerifiedPasskey(byte[] CredentialId, byte[] PublicKey, uint SignCount);
