using System.Collections.Concurrent;
using System.Numerics;
using System.Security.Cryptography;
using CodeSigning.Errors;
using CodeSigning.Silo.Pki;
using Microsoft.IdentityModel.Tokens;

namespace CodeSigning.Gateway.Auth.Oidc;

/// <summary>
/// The public keys of issuers, cached. A key that a token names and that is not known may be new, so the key set is
/// fetched again, but not more than once a minute: strangers can name keys as they like. An issuer that does not answer
/// is believed in its last key set for a day.
/// </summary>
/// <remarks>
/// <c>ConfigurationManager</c> of Microsoft.IdentityModel would believe an issuer that is away without end, a withdrawn key once
/// more, and ask an issuer that never answered again for every token.
/// </remarks>
internal sealed class IssuerKeys(
    IssuerDocuments documents, CompromisedKeys compromised, TimeProvider time, ILogger<IssuerKeys> log) : IDisposable
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromHours(1);
    private static readonly TimeSpan UsableFor = TimeSpan.FromHours(24);
    private static readonly TimeSpan BetweenFetches = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, KnownIssuer> _issuers = new(StringComparer.Ordinal);

    /// <summary>The key of this id; null where the issuer has none.</summary>
    /// <exception cref="RefusedException"><c>Unavailable</c> where the issuer's keys cannot be had.</exception>
    public async Task<SecurityKey?> FindAsync(string issuer, string keyId, CancellationToken cancellationToken)
    {
        var known = _issuers.GetOrAdd(issuer, _ => new KnownIssuer());
        if (!NeedsFetch(known, keyId))
        {
            return Find(issuer, known, keyId);
        }

        await known.Fetching.WaitAsync(cancellationToken);
        try
        {
            if (NeedsFetch(known, keyId))
            {
                await FetchAsync(issuer, known, cancellationToken);
            }
        }
        finally
        {
            known.Fetching.Release();
        }

        return Find(issuer, known, keyId);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var issuer in _issuers.Values)
        {
            issuer.Fetching.Dispose();
        }
    }

    private bool NeedsFetch(KnownIssuer known, string keyId)
    {
        var now = time.GetUtcNow();
        var isMissing = known.Keys is not { } keys || now - keys.FetchedAt > FreshFor || !keys.ById.ContainsKey(keyId);
        return isMissing && !(now - known.LastTry < BetweenFetches);
    }

    private SecurityKey? Find(string issuer, KnownIssuer known, string keyId) =>
        known.Keys is { } keys && time.GetUtcNow() - keys.FetchedAt <= UsableFor
            ? keys.ById.GetValueOrDefault(keyId)
            : throw new RefusedException(
                ErrorCode.Unavailable, $"The keys of {issuer} cannot be read at the moment: retry in a minute.")
            {
                RetryAfter = BetweenFetches,
            };

    private async Task FetchAsync(string issuer, KnownIssuer known, CancellationToken cancellationToken)
    {
        known.LastTry = time.GetUtcNow();
        try
        {
            var text = await documents.FetchKeySetAsync(issuer, cancellationToken);
            known.Keys = new KeySet(Read(text), time.GetUtcNow());
        }
        catch (Exception exception) when (exception is IssuerUnavailableException or ArgumentException or FormatException)
        {
            log.LogWarning(exception, "The keys of {Issuer} could not be fetched", issuer);
        }
        catch (OperationCanceledException)
        {
            // The client left; that says nothing of the issuer.
            known.LastTry = null;
            throw;
        }
    }

    private Dictionary<string, SecurityKey> Read(string text)
    {
        var keys = new Dictionary<string, SecurityKey>(StringComparer.Ordinal);
        foreach (var key in new JsonWebKeySet(text).Keys)
        {
            if (key.Kid is { Length: > 0 } && key.Use is null or "" or JsonWebKeyUseNames.Sig && IsStrong(key) && !IsCompromised(key))
            {
                keys[key.Kid] = key;
            }
        }

        return keys;
    }

    private static bool IsStrong(JsonWebKey key) => key.Kty switch
    {
        JsonWebAlgorithmsKeyTypes.RSA =>
            key.KeySize is >= 2048 and <= 16384 && RsaKeyQuality.FaultOf(Number(key.N), Number(key.E)) is null,
        JsonWebAlgorithmsKeyTypes.EllipticCurve => true,
        _ => false,
    };

    private bool IsCompromised(JsonWebKey key)
    {
        try
        {
            using AsymmetricAlgorithm opened = key.Kty == JsonWebAlgorithmsKeyTypes.RSA ? OpenRsa(key) : OpenEc(key);
            return compromised.FindListOf(opened.ExportSubjectPublicKeyInfo()) is not null;
        }
        catch (Exception malformed) when (malformed is CryptographicException or ArgumentException or FormatException)
        {
            // It verifies no token, and the issuer's other keys are not to be lost with it.
            return false;
        }
    }

    private static RSA OpenRsa(JsonWebKey key) => RSA.Create(new RSAParameters
    {
        Modulus = Base64UrlEncoder.DecodeBytes(key.N),
        Exponent = Base64UrlEncoder.DecodeBytes(key.E),
    });

    private static ECDsa OpenEc(JsonWebKey key) => ECDsa.Create(new ECParameters
    {
        Curve = ECCurve.CreateFromFriendlyName(key.Crv switch
        {
            JsonWebKeyECTypes.P256 => nameof(ECCurve.NamedCurves.nistP256),
            JsonWebKeyECTypes.P384 => nameof(ECCurve.NamedCurves.nistP384),
            JsonWebKeyECTypes.P521 => nameof(ECCurve.NamedCurves.nistP521),
            var other => other,
        }),
        Q = new ECPoint { X = Base64UrlEncoder.DecodeBytes(key.X), Y = Base64UrlEncoder.DecodeBytes(key.Y) },
    });

    private static BigInteger Number(string text) => new(Base64UrlEncoder.DecodeBytes(text), isUnsigned: true, isBigEndian: true);

    private sealed class KnownIssuer
    {
        public SemaphoreSlim Fetching { get; } = new(1);

        public KeySet? Keys { get; set; }

        public DateTimeOffset? LastTry { get; set; }
    }

    private sealed record KeySet(Dictionary<string, SecurityKey> ById, DateTimeOffset FetchedAt);
}
