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
/// A stored session. It needs no grain: it is written once, read when a node first sees its token, and deleted.
/// </summary>
internal sealed record SessionState : IIndexedState
{
    public required PrincipalRef Principal { get; init; }

    /// <summary>The principal's session generation; the session is invalid in any other.</summary>
    public required long Generation { get; init; }

    /// <summary>SHA-256 of the token.</summary>
    public required byte[] TokenHash { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public string? Address { get; init; }

    public string? UserAgent { get; init; }

    /// <summary>The client secret used at login; the session ends with it.</summary>
    public string? SecretId { get; init; }

    /// <summary>The generation of the OIDC binding at login; the session is invalid in any other.</summary>
    public long? BindingGeneration { get; init; }

    /// <summary>The subject of the OpenID Connect token used at login.</summary>
    public string? Subject { get; init; }

    /// <summary>The identity provider at which the person signed in; null for other sessions.</summary>
    public string? Issuer { get; init; }

    /// <summary>The provider's own session (<c>sid</c>), whose end ends this one.</summary>
    public string? ProviderSession { get; init; }

    /// <summary>The command-line client that was let in by a code; null for other sessions.</summary>
    public string? Client { get; init; }

    /// <summary>What the principal proved who it is by; empty in sessions of earlier releases.</summary>
    public ImmutableArray<AuthenticationMethod> Methods { get; init; } = [];

    /// <summary>When a second factor was last proved (UTC).</summary>
    public DateTimeOffset? SecondFactorAt { get; init; }

    /// <summary>The parent under which the sessions of a principal's generation are listed.</summary>
    public static string ParentOf(string principalId, long generation) =>
        string.Create(CultureInfo.InvariantCulture, $"{principalId}/{generation}");

    public StateIndex ToIndex() =>
        new(Parent: ParentOf(Principal.Id, Generation), Until: ExpiresAt, Links: Links());

    /// <summary>The link by which the sessions that began in a provider's session are listed.</summary>
    public static string LinkOf(string issuer, string providerSession) => "provider-session:" + UsedValue.Hash(issuer, providerSession);

    public SessionView ToView(string id, string? currentId) =>
        new(id, CreatedAt, ExpiresAt, id == currentId, Address, UserAgent, SecretId, Subject, KnownMethods(), SecondFactorAt, Client);

    /// <summary>The session after a second factor was proved in it.</summary>
    public SessionState With(AuthenticationMethod method, DateTimeOffset provedAt) => this with
    {
        Methods = [.. KnownMethods().Append(method).Distinct()],
        SecondFactorAt = provedAt,
    };

    private ImmutableArray<string> Links() => Issuer is { } issuer && ProviderSession is { } session
        ? [Principal.ToLink(), LinkOf(issuer, session)]
        : [Principal.ToLink()];

    private ImmutableArray<AuthenticationMethod> KnownMethods() =>
        !Methods.IsEmpty ? Methods
        : Principal.Kind == PrincipalKind.User ? [AuthenticationMethod.Password]
        : SecretId is null ? [AuthenticationMethod.Oidc]
        : [AuthenticationMethod.ClientSecret];
}

/// <summary>A session to begin, and the read set of the login.</summary>
internal sealed record NewSession
{
    public required PrincipalRef Principal { get; init; }

    public required long Generation { get; init; }

    public required LoginOrigin Origin { get; init; }

    /// <summary>The read set of the login: a login concurrent with the principal's disabling is refused.</summary>
    public required ImmutableArray<StateVersion> ReadSet { get; init; }

    /// <summary>The latest end, if the credential's own expiry bounds the session.</summary>
    public DateTimeOffset? LatestEnd { get; init; }

    public string? SecretId { get; init; }

    public long? BindingGeneration { get; init; }

    public string? Subject { get; init; }

    /// <summary>The identity provider at which the person signed in.</summary>
    public string? Issuer { get; init; }

    /// <summary>The provider's own session (<c>sid</c>).</summary>
    public string? ProviderSession { get; init; }

    /// <summary>The command-line client that is let in by a code.</summary>
    public string? Client { get; init; }

    /// <summary>What the principal proved who it is by.</summary>
    public required ImmutableArray<AuthenticationMethod> Methods { get; init; }

    /// <summary>When a second factor was proved (UTC); null if none was.</summary>
    public DateTimeOffset? SecondFactorAt { get; init; }

    /// <summary>The use to count, if the credential's number of logins is limited.</summary>
    public CounterUse? Use { get; init; }

    /// <summary>Further writes of the same commit.</summary>
    public ImmutableArray<StateWrite> AlsoWrite { get; init; } = [];

    /// <summary>The entry of what the login changes besides; null where it changes nothing, as usual.</summary>
    public EntryDraft? Entry { get; init; }

    /// <summary>Further acts of the same commit, each with its entry.</summary>
    public ImmutableArray<LedgerElement> With { get; init; } = [];
}

/// <summary>
/// The opaque token of a session: <c>cs_</c>, the 26 characters of the session's id after its prefix, and 256 random
/// bits as 43 characters of base64url. The id finds the row; only the SHA-256 of the whole text is stored. The token is
/// random enough that a slow hash would add nothing.
/// </summary>
public static class SessionToken
{
    /// <summary>The token's length in characters.</summary>
    public const int Length = PrefixLength + KeyLength + SecretLength;

    /// <summary>The length of the key in a token, in characters.</summary>
    public const int KeyLength = 26;

    private const string Prefix = "cs_";
    private const int PrefixLength = 3;
    private const int SecretLength = 43;

    /// <summary>Creates the token of a new session.</summary>
    internal static string New(string sessionId)
    {
        Span<byte> random = stackalloc byte[32];
        RandomNumberGenerator.Fill(random);
        var token = string.Concat(Prefix, sessionId.AsSpan(IdPrefixes.Session.Length + 1), Base64Url.EncodeToString(random));
        CryptographicOperations.ZeroMemory(random);
        return token;
    }

    /// <summary>Extracts the session's key from a token; false if the text is not a token.</summary>
    public static bool TryGetKey(ReadOnlySpan<char> token, out ReadOnlySpan<char> key)
    {
        var isToken = token.Length == Length && token.StartsWith(Prefix, StringComparison.Ordinal) && Ascii.IsValid(token);
        key = isToken ? token.Slice(PrefixLength, KeyLength) : default;
        return isToken;
    }

    /// <summary>The session's id.</summary>
    /// <param name="key">The key from <see cref="TryGetKey"/>.</param>
    public static string ToSessionId(ReadOnlySpan<char> key) => string.Concat(IdPrefixes.Session, "_", key);

    /// <summary>SHA-256 of a token, as it is stored.</summary>
    internal static byte[] Hash(string token)
    {
        var hash = new byte[SHA256.HashSizeInBytes];
        Hash(token, hash);
        return hash;
    }

    /// <summary>Hashes a token of <see cref="Length"/> ASCII characters into 32 bytes, without allocating.</summary>
    public static void Hash(ReadOnlySpan<char> token, Span<byte> hash)
    {
        Span<byte> bytes = stackalloc byte[Length];
        Ascii.FromUtf16(token, bytes, out var written);
        SHA256.HashData(bytes[..written], hash);
        CryptographicOperations.ZeroMemory(bytes);
    }
}

/// <summary>The lifetime of sessions and the rate limit of logins.</summary>
public sealed class SessionOptions
{
    /// <summary>The lifetime of a person's session.</summary>
    public TimeSpan PersonTtl { get; set; } = TimeSpan.FromHours(12);

    /// <summary>The lifetime of a machine identity's session.</summary>
    public TimeSpan MachineTtl { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How long a session may outlast the OpenID Connect token used at login. Such tokens live for minutes; builds take
    /// longer.
    /// </summary>
    public TimeSpan OidcGrace { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// The logins of one principal on one node: a thousand CI jobs that start at once must get in. It also bounds the
    /// number of live sessions; none is ended in favor of another, since a build may be signing in it.
    /// </summary>
    public BudgetRule Logins { get; set; } = new(2000, 50);
}
