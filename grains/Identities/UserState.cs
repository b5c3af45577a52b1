using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>A person as it is stored.</summary>
public sealed record UserState : IIndexedState
{
    /// <summary>The address to sign in with, in lower case.</summary>
    public string Email { get; init; } = "";

    /// <summary>The name that others see.</summary>
    public string Name { get; init; } = "";

    /// <summary>The role in the product.</summary>
    public ProductRole Role { get; init; } = ProductRole.Member;

    /// <summary>Whether the person may act.</summary>
    public PrincipalStatus Status { get; init; } = PrincipalStatus.Active;

    /// <summary>The password's hash in the format of ASP.NET Core Identity, version 3; null where there is no password.</summary>
    public string? PasswordHash { get; init; }

    /// <summary>
    /// When somebody else last gave the person a password, another address, or leave to act again (UTC); the first password
    /// at its making is no such case. Its votes on requests made before do not count: who gave it may be who asked.
    /// </summary>
    public DateTimeOffset? VotesFrom { get; init; }

    /// <summary>The link by which the person may choose a password; null where none was sent, or it was used.</summary>
    public PasswordResetLink? ResetLink { get; init; }

    /// <summary>Sessions of another generation have ended, and stay so when a disabled person is enabled again.</summary>
    public long SessionGeneration { get; init; }

    /// <summary>When it was made (UTC).</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether the person counts as one of the product's administrators.</summary>
    internal bool IsActiveAdministrator => Role == ProductRole.Admin && Status == PrincipalStatus.Active;

    /// <inheritdoc/>
    public StateIndex ToIndex() => new(Name: Email, Status: Status == PrincipalStatus.Active ? "active" : "disabled");

    /// <summary>The state that a change leads to.</summary>
    internal UserState With(UserChange change)
    {
        var next = this with
        {
            Email = change.Email ?? Email,
            Name = change.Name ?? Name,
            Role = change.Role ?? Role,
            Status = change.Status ?? Status,
            PasswordHash = change.PasswordHash ?? PasswordHash,
        };
        if (change.PasswordHash is not null || next.Email != Email)
        {
            next = next with { ResetLink = null };
        }

        var endsSessions = change.PasswordHash is not null
            || (Status == PrincipalStatus.Active && next.Status == PrincipalStatus.Disabled);
        return endsSessions ? next with { SessionGeneration = SessionGeneration + 1 } : next;
    }

    /// <summary>What entries record of the person. Of the password they record that it was set, and nothing else.</summary>
    internal object ToRecord() => new { Email, Name, ProductRole = Role, Status };

    /// <summary>What an entry records of the change into another state.</summary>
    internal Changes To(UserState next)
    {
        var changes = Changes.Between(ToRecord(), next.ToRecord());
        if (next.PasswordHash != PasswordHash)
        {
            changes = changes.Replacing("password", PasswordHash is null ? null : "set", "set");
        }

        return next.VotesFrom == VotesFrom ? changes : changes.Replacing("votesFrom", VotesFrom, next.VotesFrom);
    }

    /// <summary>All that may be seen of the person.</summary>
    internal UserView ToView(string id, DateTimeOffset? lastLoginAt = null) =>
        new(id, Name, Email, Role, Status, CreatedAt, lastLoginAt);

    /// <summary>What everybody may see of the person.</summary>
    internal UserView ToName(string id) => new(id, Name);
}

/// <summary>What of a person shall change; what is null stays.</summary>
/// <param name="Email">The address to sign in with, already in lower case.</param>
/// <param name="Name">The name that others see.</param>
/// <param name="Role">The role in the product.</param>
/// <param name="Status">Disabling ends every session at once and for good.</param>
/// <param name="PasswordHash">The hash of a password that an administrator gives; ends every session.</param>
public sealed record UserChange(
    string? Email = null,
    string? Name = null,
    ProductRole? Role = null,
    PrincipalStatus? Status = null,
    string? PasswordHash = null);

/// <summary>
/// The address a person signs in with, in lower case. Printable ASCII alone: letters that only look alike must not make
/// two people of one, or one of two.
/// </summary>
internal static class EmailAddress
{
    private const int MaxLength = 254;

    /// <summary>The address in lower case.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static string Validate(string? text) => Normalize(text) ?? throw new RefusedException(
        ErrorCode.InvalidRequest, "An email address has the form name@host, in printable ASCII, of at most 254 characters.");

    /// <summary>The address in lower case; null where the text is none.</summary>
    public static string? Normalize(string? text)
    {
        if (text is null || text.Length > MaxLength || text.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return null;
        }

        var at = text.IndexOf('@', StringComparison.Ordinal);
        return at > 0 && at < text.Length - 1 && at == text.LastIndexOf('@') ? text.ToLowerInvariant() : null;
    }
}
