using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>A client secret as listed in the identity's row.</summary>
/// <param name="Id">The secret's id.</param>
/// <param name="CreatedBy">Who created it, and therefore could act as the identity.</param>
/// <param name="ExpiresAt">When it expires (UTC); null for never.</param>
public sealed record IssuedSecret(string Id, PrincipalRef CreatedBy, DateTimeOffset? ExpiresAt = null);

/// <summary>A stored machine identity. Its client secrets have rows of their own.</summary>
public sealed record IdentityState : IIndexedState
{
    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its description.</summary>
    public string? Description { get; init; }

    /// <summary>Whether it may act.</summary>
    public PrincipalStatus Status { get; init; } = PrincipalStatus.Active;

    /// <summary>
    /// Sessions of another generation are invalid, and stay invalid when a disabled identity is enabled again.
    /// </summary>
    public long SessionGeneration { get; init; }

    /// <summary>The OIDC binding.</summary>
    public OidcBinding? Oidc { get; init; }

    /// <summary>The person who last set the binding, and therefore could act as this identity.</summary>
    public string? OidcSetBy { get; init; }

    /// <summary>Sessions created under another generation of the binding are invalid.</summary>
    public long BindingGeneration { get; init; }

    /// <summary>
    /// Its client secrets, sealed with the row: a secret not listed here is invalid, and hiding a secret's row cannot
    /// hide who created it. Null in rows of earlier releases until the upgrade at the next start.
    /// </summary>
    public ImmutableArray<IssuedSecret>? Secrets { get; init; }

    /// <summary>When it was created (UTC).</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <inheritdoc/>
    public StateIndex ToIndex() => new(Name: Name, Status: Status == PrincipalStatus.Active ? "active" : "disabled");

    /// <summary>The state after a validated change.</summary>
    internal IdentityState With(UpdateIdentity change)
    {
        var next = this with
        {
            Name = change.Name ?? Name,
            Description = change.Description.Or(Description),
            Status = change.Status ?? Status,
        };
        var isDisabling = Status == PrincipalStatus.Active && next.Status == PrincipalStatus.Disabled;
        return isDisabling ? next with { SessionGeneration = SessionGeneration + 1 } : next;
    }

    /// <summary>The state with another binding, or none.</summary>
    internal IdentityState Bound(OidcBinding? binding, string? setBy) => this with
    {
        Oidc = binding,
        OidcSetBy = setBy,
        BindingGeneration = BindingGeneration + 1,
    };

    /// <summary>Its client secrets; empty in a row that was not upgraded yet.</summary>
    internal ImmutableArray<IssuedSecret> KnownSecrets => Secrets ?? [];

    /// <summary>The state with one more client secret.</summary>
    internal IdentityState WithSecret(IssuedSecret secret) => this with { Secrets = KnownSecrets.Add(secret) };

    /// <summary>The state without a client secret.</summary>
    internal IdentityState WithoutSecret(string id) =>
        this with { Secrets = KnownSecrets.RemoveAll(secret => secret.Id == id) };

    /// <summary>The part of the identity that ledger entries record.</summary>
    internal object ToRecord() => new { Name, Description, Status, Oidc };

    /// <summary>The identity as product administrators and the identity itself see it.</summary>
    internal IdentityView ToView(string id, DateTimeOffset? lastLoginAt = null) =>
        new(id, Name, id, Description, Status, Oidc, CreatedAt, lastLoginAt);

    /// <summary>The identity as other people see it.</summary>
    internal IdentityView ToName(string id) => new(id, Name);
}

/// <summary>A stored client secret, always written together with the identity's row, which lists it.</summary>
internal sealed record ClientSecretState : IIndexedState
{
    public required string IdentityId { get; init; }

    /// <summary>SHA-256 of the whole secret.</summary>
    public required byte[] Hash { get; init; }

    public string? Description { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required PrincipalRef CreatedBy { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public long? MaxUses { get; init; }

    public StateIndex ToIndex() => new(Parent: IdentityId);

    public bool IsExpired(DateTimeOffset now) => ExpiresAt <= now;

    /// <summary>The part of the secret that ledger entries record.</summary>
    public object ToRecord(string id) => new { Id = id, Description, ExpiresAt, MaxUses };

    public ClientSecretView ToView(string id, Observation? logins, PrincipalNames names) =>
        new(id, Description, CreatedAt, names.Show(CreatedBy), ExpiresAt, MaxUses, logins?.Count ?? 0, logins?.LastAt);
}

/// <summary>
/// The format of a client secret: its id, a dot, and 256 random bits as 43 characters of base64url. The id finds the
/// row and identifies a leaked secret; only the SHA-256 of the whole text is stored.
/// </summary>
internal static class ClientSecret
{
    private const int SecretLength = 43;

    /// <summary>Creates a secret for an id.</summary>
    public static string New(string secretId)
    {
        Span<byte> random = stackalloc byte[32];
        RandomNumberGenerator.Fill(random);
        var secret = string.Concat(secretId, ".", Base64Url.EncodeToString(random));
        CryptographicOperations.ZeroMemory(random);
        return secret;
    }

    /// <summary>The id in a well-formed secret; null otherwise.</summary>
    public static string? ReadId(string secret)
    {
        var dot = secret.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || secret.Length != dot + 1 + SecretLength)
        {
            return null;
        }

        var id = secret[..dot];
        return EntityId.Is(IdPrefixes.ClientSecret, id) ? id : null;
    }

    /// <summary>SHA-256 of the whole text.</summary>
    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
