using System.Text.Json;
using CodeSigning.Certificates;
using CodeSigning.Signing;

namespace CodeSigning.Silo.Keys;

/// <summary>The PKCS#11 tokens (HSMs) that this node is configured with.</summary>
public interface IKeyTokens
{
    /// <summary>The names of the tokens, in order.</summary>
    IReadOnlyCollection<string> Names { get; }

    /// <summary>A token by its name; null if this node has none of that name.</summary>
    IKeyToken? Find(string name);
}

/// <summary>
/// A token that generates and uses private keys which never leave it. Its calls run on threads of its own with a bounded
/// wait, so that a slow or hanging token affects no other key.
/// </summary>
public interface IKeyToken
{
    /// <summary>Its name in the settings.</summary>
    string Name { get; }

    /// <summary>
    /// Runs work that calls <see cref="SignDigest"/>, on a thread of the token. After a lost connection it reconnects and
    /// runs the work once more.
    /// </summary>
    /// <param name="callerId">The caller's id, for fair scheduling.</param>
    /// <param name="work">The work, which may run twice.</param>
    /// <param name="cancellationToken">Cancels the call until the work begins.</param>
    /// <exception cref="Errors.RefusedException"><c>Unavailable</c>: the token is away, busy or does not answer.</exception>
    Task<T> RunAsync<T>(string callerId, Func<T> work, CancellationToken cancellationToken);

    /// <summary>Signs a digest; only within <see cref="RunAsync"/>. RSA and DER signatures as of software keys.</summary>
    /// <exception cref="Errors.RefusedException"><c>UnsupportedAlgorithm</c>: the token lacks the mechanism, which is named.</exception>
    byte[] SignDigest(TokenKey key, SigningAlgorithm algorithm, ReadOnlySpan<byte> digest);

    /// <summary>
    /// Generates a key pair in the token: sensitive, not extractable, for signing only, with the id as its label and CKA_ID.
    /// </summary>
    /// <exception cref="Errors.RefusedException">
    /// <c>UnsupportedAlgorithm</c>: the token lacks a mechanism, which is named; <c>Unavailable</c>: the token is away.
    /// </exception>
    Task<TokenKey> GenerateAsync(string keyId, KeyAlgorithm algorithm, CancellationToken cancellationToken);

    /// <summary>Finds a private key that is in the token already; it proves itself by a signature that the public key verifies.</summary>
    /// <param name="name">The key's label or CKA_ID.</param>
    /// <param name="algorithm">The algorithm of the public key.</param>
    /// <param name="publicKey">SubjectPublicKeyInfo, DER.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="Errors.RefusedException">
    /// <c>InvalidRequest</c>: there is no such key, there are several, or it is another key; <c>Unavailable</c>: the token is away.
    /// </exception>
    Task<TokenKey> AdoptAsync(
        TokenKeyName name, KeyAlgorithm algorithm, ReadOnlyMemory<byte> publicKey, CancellationToken cancellationToken);

    /// <summary>Destroys a key pair in the token; one that is already gone is none of its faults.</summary>
    /// <exception cref="Errors.RefusedException"><c>Unavailable</c>: the token is away.</exception>
    Task DestroyAsync(TokenKey key, CancellationToken cancellationToken);
}

/// <summary>How a key in a token is found: by its label or by its CKA_ID, one of which is given.</summary>
/// <param name="Label">CKA_LABEL.</param>
/// <param name="Id">CKA_ID.</param>
public sealed record TokenKeyName(string? Label, ReadOnlyMemory<byte>? Id);

/// <summary>A key pair whose private half is in a token.</summary>
/// <param name="Token">The token's name in the settings.</param>
/// <param name="Id">The CKA_ID of the private key.</param>
/// <param name="Algorithm">The key algorithm.</param>
/// <param name="PublicKey">SubjectPublicKeyInfo, DER.</param>
public sealed record TokenKey(string Token, byte[] Id, KeyAlgorithm Algorithm, byte[] PublicKey)
{
    /// <summary>The content of the key's record, which is sealed like that of a software key so that it cannot be exchanged.</summary>
    internal byte[] ToContent() => JsonSerializer.SerializeToUtf8Bytes(new Content(Token, Id, PublicKey));

    /// <summary>Reads what <see cref="ToContent"/> wrote.</summary>
    internal static TokenKey FromContent(KeyAlgorithm algorithm, ReadOnlySpan<byte> json)
    {
        var content = JsonSerializer.Deserialize<Content>(json)!;
        return new TokenKey(content.Token, content.Id, algorithm, content.PublicKey);
    }

    private sealed record Content(string Token, byte[] Id, byte[] PublicKey);
}

/// <summary>A private key in a token. It holds nothing secret.</summary>
internal sealed class TokenPrivateKey(IKeyToken token, TokenKey key) : PrivateKey(key.Algorithm, key.PublicKey)
{
    public IKeyToken Token { get; } = token;

    public TokenKey Key { get; } = key;

    public override byte[] SignDigest(SigningAlgorithm algorithm, ReadOnlySpan<byte> digest) =>
        Token.SignDigest(Key, algorithm, digest);

    public override void Dispose()
    {
        // The key stays in the token.
    }
}
