using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Contract;
using CodeSigning.Grains.Budgets;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// A session as it is stored. No grain holds it: it is written once, read when its token is first seen on a node, and
/// deleted, and nothing about it needs a turn.
/// </summary>
internal sealed record SessionState : IIndexedState
{
    public required PrincipalRef Principal { get; init; }

    /// <summary>The principal's generation of sessions that it belongs to; it has ended with its generation.</summary>
    public required long Generation { get; init; }

    /// <summary>SHA-256 of the token.</summary>
    public required byte[] TokenHash { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public string? Address { get; init; }

    public string? UserAgent { get; init; }

    /// <summary>The client secret that it was begun with; it ends with it.</summary>
    public string? SecretId { get; init; }

    /// <summary>The generation of the identity's OIDC binding that it was begun under; it ends with it.</summary>
    public long? BindingGeneration { get; init; }

    /// <summary>The subject of the CI's token that it was begun with.</summary>
    public string? Subject { get; init; }

    /// <summary>Lists ask for the sessions of a principal's present generation: that is what it belongs to.</summary>
    public static string ParentOf(string principalId, long generation) =>
        string.Create(CultureInfo.InvariantCulture, $"{principalId}/{generation}");

    public StateIndex ToIndex() =>
        new(Parent: ParentOf(Principal.Id, Generation), Until: ExpiresAt, Links: [Principal.ToLink()]);

    public SessionView ToView(string id, string? currentId) =>
        new(id, CreatedAt, ExpiresAt, id == currentId, Address, UserAgent, SecretId, Subject);
}

/// <summary>A session to be begun, and what the login rests on.</summary>
internal sealed record NewSession
{
    public required PrincipalRef Principal { get; init; }

    public required long Generation { get; init; }

    public required LoginOrigin Origin { get; init; }

    /// <summary>The versions that the login rests on: one that races with the principal's disabling is refused.</summary>
    public required ImmutableArray<StateVersion> Basis { get; init; }

    /// <summary>The latest end, where the credential's own end bounds it.</summary>
    public DateTimeOffset? LatestEnd { get; init; }

    public string? SecretId { get; init; }

    public long? BindingGeneration { get; init; }

    public string? Subject { get; init; }

    /// <summary>The login's count, where the credential is good for a number of them.</summary>
    public CounterUse? Use { get; init; }

    /// <summary>What is written with the session.</summary>
    public StateWrite? AlsoWrite { get; init; }
}

/// <summary>
/// The opaque token of a session: <c>cs_</c>, the 26 characters of the session's id after its prefix, and 256 random bits
/// as 43 characters of base64url. The id in it finds the session's row; what proves the bearer is the SHA-256 of the
/// whole text, which is all that is stored. The text has so much chance in it that a slow hash would add nothing.
/// </summary>
public static class SessionToken
{
    /// <summary>The token's length in characters.</summary>
    public const int Length = PrefixLength + KeyLength + SecretLength;

    /// <summary>The length of what a token's session is found by, in characters.</summary>
    public const int KeyLength = 26;

    private const string Prefix = "cs_";
    private const int PrefixLength = 3;
    private const int SecretLength = 43;

    /// <summary>Makes the token of a new session.</summary>
    internal static string New(string sessionId)
    {
        Span<byte> random = stackalloc byte[32];
        RandomNumberGenerator.Fill(random);
        var token = string.Concat(Prefix, sessionId.AsSpan(IdPrefixes.Session.Length + 1), Base64Url.EncodeToString(random));
        CryptographicOperations.ZeroMemory(random);
        return token;
    }

    /// <summary>What finds the session of a token; false where the text cannot be one.</summary>
    public static bool TryGetKey(ReadOnlySpan<char> token, out ReadOnlySpan<char> key)
    {
        var isToken = token.Length == Length && token.StartsWith(Prefix, StringComparison.Ordinal) && Ascii.IsValid(token);
        key = isToken ? token.Slice(PrefixLength, KeyLength) : default;
        return isToken;
    }

    /// <summary>The session's id.</summary>
    /// <param name="key">What <see cref="TryGetKey"/> gave.</param>
    public static string ToSessionId(ReadOnlySpan<char> key) => string.Concat(IdPrefixes.Session, "_", key);

    /// <summary>Hashes a token of <see cref="Length"/> ASCII characters into 32 bytes, without allocating.</summary>
    public static void Hash(ReadOnlySpan<char> token, Span<byte> hash)
    {
        Span<byte> bytes = stackalloc byte[Length];
        Ascii.FromUtf16(token, bytes, out var written);
        SHA256.HashData(bytes[..written], hash);
        CryptographicOperations.ZeroMemory(bytes);
    }
}

/// <summary>How long sessions last, and how many of them one principal begins.</summary>
public sealed class SessionOptions
{
    /// <summary>A person's session.</summary>
    public TimeSpan PersonTtl { get; set; } = TimeSpan.FromHours(12);

    /// <summary>A machine identity's session.</summary>
    public TimeSpan MachineTtl { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How long a session that was begun with a CI's token may outlast that token. CI tokens live for minutes, so that a
    /// build could not sign what it takes longer to make.
    /// </summary>
    public TimeSpan OidcGrace { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// The log-ins of one principal on one node: a thousand jobs of a CI that start at once get in. It bounds the sessions that
    /// live, too: none is ended for another's sake, since a build may be signing in it.
    /// </summary>
    public BudgetRule Logins { get; set; } = new(2000, 50);
}
