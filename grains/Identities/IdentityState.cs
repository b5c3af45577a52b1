using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>A client secret that an identity has, in the identity's own row.</summary>
/// <param name="Id">The secret's id.</param>
/// <param name="CreatedBy">Who made it, and so could act as the identity.</param>
/// <param name="ExpiresAt">When it ends (UTC); null for never.</param>
public sealed record IssuedSecret(string Id, PrincipalRef CreatedBy, DateTimeOffset? ExpiresAt = null);

/// <summary>A machine identity as it is stored. Its client secrets have rows of their own.</summary>
public sealed record IdentityState : IIndexedState
{
    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its description.</summary>
    public string? Description { get; init; }

    /// <summary>Whether it may act.</summary>
    public PrincipalStatus Status { get; init; } = PrincipalStatus.Active;

    /// <summary>Sessions of another generation have ended, and stay so when a disabled identity is enabled again.</summary>
    public long SessionGeneration { get; init; }

    /// <summary>Which tokens of a CI log it in.</summary>
    public OidcBinding? Oidc { get; init; }

    /// <summary>The person who last set the binding, and so could act as this identity.</summary>
    public string? OidcSetBy { get; init; }

    /// <summary>Sessions that were begun under another generation of the binding have ended.</summary>
    public long BindingGeneration { get; init; }

    /// <summary>
    /// Its client secrets, sealed with it: a secret that is not named here logs nobody in, and who made one that is cannot be
    /// hidden by hiding its row. Null in what was written before this was kept, until the next start.
    /// </summary>
    public ImmutableArray<IssuedSecret>? Secrets { get; init; }

    /// <summary>When it was made (UTC).</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <inheritdoc/>
    public StateIndex ToIndex() => new(Name: Name, Status: Status == PrincipalStatus.Active ? "active" : "disabled");

    /// <summary>The state that a change leads to; the change was checked.</summary>
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

    /// <summary>The state under another binding, or none.</summary>
    internal IdentityState Bound(OidcBinding? binding, string? setBy) => this with
    {
        Oidc = binding,
        OidcSetBy = setBy,
        BindingGeneration = BindingGeneration + 1,
    };

    /// <summary>Its client secrets; none where they were not written into its row yet.</summary>
    internal ImmutableArray<IssuedSecret> KnownSecrets => Secrets ?? [];

    /// <summary>The state with one more client secret.</summary>
    internal IdentityState WithSecret(IssuedSecret secret) => this with { Secrets = KnownSecrets.Add(secret) };

    /// <summary>The state without a client secret.</summary>
    internal IdentityState WithoutSecret(string id) =>
        this with { Secrets = KnownSecrets.RemoveAll(secret => secret.Id == id) };

    /// <summary>What entries record of the identity.</summary>
    internal object ToRecord() => new { Name, Description, Status, Oidc };

    /// <summary>All that may be seen of the identity.</summary>
    internal IdentityView ToView(string id, DateTimeOffset? lastLoginAt = null) =>
        new(id, Name, id, Description, Status, Oidc, CreatedAt, lastLoginAt);

    /// <summary>What people may see of the identity.</summary>
    internal IdentityView ToName(string id) => new(id, Name);
}

/// <summary>A client secret as it is stored, always together with the identity's own row, which names it.</summary>
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

    /// <summary>What entries record of the secret.</summary>
    public object ToRecord(string id) => new { Id = id, Description, ExpiresAt, MaxUses };

    public ClientSecretView ToView(string id, Observation? logins) =>
        new(id, Description, CreatedAt, CreatedBy, ExpiresAt, MaxUses, logins?.Count ?? 0, logins?.LastAt);
}

/// <summary>
/// The form of a client secret: its id, a dot, and 256 random bits as 43 characters of base64url. The id finds its row,
/// and tells an administrator which secret it was that leaked; the SHA-256 of the whole text is all that is stored.
/// </summary>
internal static class ClientSecret
{
    private const int SecretLength = 43;

    /// <summary>Makes a secret for an id.</summary>
    public static string New(string secretId)
    {
        Span<byte> random = stackalloc byte[32];
        RandomNumberGenerator.Fill(random);
        var secret = string.Concat(secretId, ".", Base64Url.EncodeToString(random));
        CryptographicOperations.ZeroMemory(random);
        return secret;
    }

    /// <summary>The id in a text that has the form of a secret; null otherwise.</summary>
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
