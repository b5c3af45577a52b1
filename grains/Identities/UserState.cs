using System.Collections.Immutable;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>A stored person.</summary>
public sealed record UserState : IIndexedState
{
    /// <summary>The email address for logging in, in lower case; empty for people of the identity provider without one.</summary>
    public string Email { get; init; } = "";

    /// <summary>The name that others see.</summary>
    public string Name { get; init; } = "";

    /// <summary>The role in the product.</summary>
    public ProductRole Role { get; init; } = ProductRole.Member;

    /// <summary>Whether the person is active or disabled.</summary>
    public PrincipalStatus Status { get; init; } = PrincipalStatus.Active;

    /// <summary>The password's hash in the format of ASP.NET Core Identity, version 3; null without a password.</summary>
    public string? PasswordHash { get; init; }

    /// <summary>Whether someone else set the password, so that the person must change it before anything else.</summary>
    public bool MustChangePassword { get; init; }

    /// <summary>
    /// When someone else last set the person's password or address, removed the second factor or enabled the person
    /// (UTC); not set by the creation. The person's votes on requests created earlier do not count: whoever made the change may be the
    /// requester.
    /// </summary>
    public DateTimeOffset? VotesFrom { get; init; }

    /// <summary>The pending invitation or password reset link; null if none was sent or it was used.</summary>
    public PasswordResetLink? ResetLink { get; init; }

    /// <summary>The authenticator app; null if none is enrolled. A login then needs a code besides the password.</summary>
    public TotpFactor? Totp { get; init; }

    /// <summary>The passkeys.</summary>
    public ImmutableArray<Passkey> Passkeys { get; init; } = [];

    /// <summary>Whether a password alone signs nobody in.</summary>
    internal bool HasSecondFactor => Totp is not null || !Passkeys.IsEmpty;

    /// <summary>Who the person is at the identity provider; null for a local account.</summary>
    public ExternalIdentity? External { get; init; }

    /// <summary>
    /// Sessions of another generation are invalid, and stay invalid when a disabled person is enabled again.
    /// </summary>
    public long SessionGeneration { get; init; }

    /// <summary>When it was created (UTC).</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether the person is an active product administrator.</summary>
    internal bool IsActiveAdministrator => Role == ProductRole.Admin && Status == PrincipalStatus.Active;

    /// <inheritdoc/>
    public StateIndex ToIndex() => new(Name: Email.Length == 0 ? null : Email, Status: Status == PrincipalStatus.Active ? "active" : "disabled");

    /// <summary>The state after a change.</summary>
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

        if (change.PasswordHash is not null)
        {
            next = next with { MustChangePassword = change.IsSetByOther };
        }

        var endsSessions = change.PasswordHash is not null
            || (Status == PrincipalStatus.Active && next.Status == PrincipalStatus.Disabled);
        return endsSessions ? next with { SessionGeneration = SessionGeneration + 1 } : next;
    }

    /// <summary>The part of the person that ledger entries record; of the password only that it was set.</summary>
    internal object ToRecord() => new { Email, Name, ProductRole = Role, Status };

    /// <summary>The changes that an entry records for the next state.</summary>
    internal Changes To(UserState next)
    {
        var changes = Changes.Between(ToRecord(), next.ToRecord());
        if (next.PasswordHash != PasswordHash)
        {
            changes = changes.Replacing("password", PasswordHash is null ? null : "set", "set");
        }

        if (next.MustChangePassword != MustChangePassword)
        {
            changes = changes.Replacing("passwordChangeRequired", MustChangePassword, next.MustChangePassword);
        }

        if ((next.Totp is null) != (Totp is null))
        {
            changes = changes.Replacing("secondFactor", FactorWord(), next.FactorWord());
        }

        if (next.Passkeys.Length < Passkeys.Length)
        {
            changes = changes.Removing("passkeys", Passkeys.Except(next.Passkeys).Select(passkey => new { passkey.Id, passkey.Name }));
        }

        return next.VotesFrom == VotesFrom ? changes : changes.Replacing("votesFrom", VotesFrom, next.VotesFrom);
    }

    /// <summary>The person as product administrators and the person see it.</summary>
    internal UserView ToView(string id, DateTimeOffset? lastLoginAt = null) =>
        new(
            id, Name, Email.Length == 0 ? null : Email, Role, Status, CreatedAt, lastLoginAt, HasSecondFactor, IsExternal: External is not null ? true : null);

    /// <summary>The person as others see it.</summary>
    internal UserView ToName(string id) => new(id, Name);

    private string? FactorWord() => Totp is null ? null : "totp";
}

/// <summary>A change of a person; null members stay unchanged.</summary>
/// <param name="Email">The new email address, already in lower case.</param>
/// <param name="Name">The name that others see.</param>
/// <param name="Role">The role in the product.</param>
/// <param name="Status">The new status; disabling ends every session immediately and permanently.</param>
/// <param name="PasswordHash">The hash of a new password; ends every session.</param>
/// <param name="IsSetByOther">Whether somebody else knows the new password, so that the person must change it.</param>
public sealed record UserChange(
    string? Email = null,
    string? Name = null,
    ProductRole? Role = null,
    PrincipalStatus? Status = null,
    string? PasswordHash = null,
    bool IsSetByOther = false);

/// <summary>
/// Email addresses for logging in, in lower case. Printable ASCII only, so that no two addresses look alike.
/// </summary>
internal static class EmailAddress
{
    private const int MaxLength = 254;

    /// <summary>The address in lower case.</summary>
    /// <param name="text">The address.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static string Validate(string? text, string name = "The email address") => Normalize(text) ?? throw new RefusedException(
        ErrorCode.InvalidRequest, $"{name} is invalid: expected name@host in printable ASCII, at most 254 characters.");

    /// <summary>The address in lower case; null for an invalid address.</summary>
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
