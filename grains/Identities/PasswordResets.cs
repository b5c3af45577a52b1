using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>A password reset link that was sent.</summary>
/// <param name="ExpiresAt">When it expires (UTC).</param>
public sealed record SentPasswordReset(DateTimeOffset ExpiresAt);

/// <summary>The body that sets a password with a reset link.</summary>
/// <param name="Token">The link's token: the part after <c>#</c>.</param>
/// <param name="Password">The new password, 12 to 256 characters.</param>
public sealed record RedeemPasswordReset(string Token, string Password)
{
    /// <summary>The type's name alone, so that no log can show the secrets.</summary>
    public override string ToString() => nameof(RedeemPasswordReset);
}

/// <summary>
/// Lets people who lost their password set another with a link sent to their own address. A product administrator
/// triggers the mail but does not see the link, and so cannot take over another person's vote. A second administrator's
/// confirmation would not prevent that, since one administrator can create another.
/// </summary>
/// <remarks>Every method refuses with <see cref="RefusedException"/>.</remarks>
public sealed class PasswordResets(IStateStore store, ILedger ledger, PasswordHashing hashing, IResetMail mail, TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);

    /// <summary>Sends a link, which invalidates any earlier one. Product administrators only.</summary>
    /// <exception cref="RefusedException"><c>WrongState</c>: the person is disabled, or no mail can be sent.</exception>
    public async Task<SentPasswordReset> SendAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var user = await store.FindAsync<UserState>(StateTypes.User, id, cancellationToken)
            ?? throw new RefusedException(ErrorCode.NotFound, "The user does not exist.");
        if (user.State.Status != PrincipalStatus.Active)
        {
            throw new RefusedException(ErrorCode.WrongState, "The user is disabled: enable the user first.");
        }

        if (user.State.External is not null)
        {
            throw new RefusedException(
                ErrorCode.WrongState, "This user signs in at the identity provider and has no password here: reset the account there.");
        }

        if (!mail.IsAvailable)
        {
            throw new RefusedException(
                ErrorCode.WrongState,
                "No mail server is configured (CODESIGNING_SMTP_HOST): run 'silo reset-password EMAIL' on the server instead.");
        }

        var token = PasswordResetLink.NewToken(id);
        var link = new PasswordResetLink(PasswordResetLink.Hash(token), time.GetUtcNow() + Life);
        await ledger.RecordAsync(
            Change
                .By(
                    caller,
                    "user.sendPasswordReset",
                    StateTypes.User,
                    id,
                    Changes.None.Saying("passwordReset", new { user.State.Email, link.ExpiresAt }),
                    time)
                .Writing(user.Replace(user.State with { ResetLink = link })),
            cancellationToken);
        return await mail.SendAsync(user.State.Email, caller.Name, token, link.ExpiresAt, cancellationToken) is { } problem
            ? throw new RefusedException(ErrorCode.WrongState, $"The link could not be sent: {problem}")
            : new SentPasswordReset(link.ExpiresAt);
    }

    /// <summary>Sets the password with a link's token; ends every session of the person.</summary>
    /// <param name="request">The link's token and the new password.</param>
    /// <param name="address">The client's address.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RefusedException">
    /// <c>Unauthenticated</c>: the link is invalid, expired or used; <c>InvalidRequest</c>: the password is invalid.
    /// </exception>
    public async Task RedeemAsync(RedeemPasswordReset request, string? address, CancellationToken cancellationToken)
    {
        var user = await FindAsync(request.Token, cancellationToken) ?? throw NoLink();
        PasswordRules.Validate(request.Password, user.State.Email);
        var hash = await hashing.HashAsync(request.Password, cancellationToken);
        var next = user.State.With(new UserChange(PasswordHash: hash)) with { VotesFrom = time.GetUtcNow() };
        var person = Caller.Standing(new PrincipalRef(PrincipalKind.User, user.Id), user.State.Name) with
        {
            Address = address,
            Until = user.State.ResetLink!.ExpiresAt,
        };
        try
        {
            await ledger.RecordAsync(
                Change.By(person, "user.resetPassword", StateTypes.User, user.Id, user.State.To(next), time)
                    .Writing(user.Replace(next)),
                cancellationToken);
        }
        catch (CommitRefusedException refused) when (refused.Reason is CommitRefusal.Stale or CommitRefusal.TooLate)
        {
            throw NoLink();
        }
    }

    /// <summary>The person whom a valid link belongs to; null if it is invalid, expired or used.</summary>
    internal async Task<Row<UserState>?> FindAsync(string token, CancellationToken cancellationToken) =>
        PasswordResetLink.ReadUserId(token) is { } id
        && await store.FindAsync<UserState>(StateTypes.User, id, cancellationToken) is { } user
        && user.State is { Status: PrincipalStatus.Active, ResetLink: { } link }
        && link.Opens(token, time.GetUtcNow())
            ? user
            : null;

    /// <summary>The refusal of a link that opens nothing.</summary>
    internal static RefusedException NoLink() => new(
        ErrorCode.Unauthenticated, "The link is invalid, expired or already used: ask a product administrator for a new one.");
}

/// <summary>A stored link by which a person chooses a password: an invitation or a reset.</summary>
/// <param name="TokenHash">SHA-256 of its token.</param>
/// <param name="ExpiresAt">When it expires (UTC).</param>
/// <param name="WasShown">Whether it was shown to the administrator who invited the person, and not mailed.</param>
public sealed record PasswordResetLink(byte[] TokenHash, DateTimeOffset ExpiresAt, bool WasShown = false)
{
    private const int RandomBytes = 32;

    /// <summary>Creates a token: the person's id, a dot, and 256 random bits as base64url.</summary>
    internal static string NewToken(string userId) =>
        $"{userId}.{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes))}";

    /// <summary>The person's id in a token; null if the token is malformed.</summary>
    internal static string? ReadUserId(string token)
    {
        var dot = token.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && EntityId.Is(IdPrefixes.User, token[..dot]) ? token[..dot] : null;
    }

    /// <summary>SHA-256 of a token.</summary>
    internal static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>Whether the token belongs to this link and the link has not expired.</summary>
    internal bool Opens(string token, DateTimeOffset now) =>
        now < ExpiresAt && CryptographicOperations.FixedTimeEquals(TokenHash, Hash(token));
}

/// <summary>Sends links by which people choose a password.</summary>
public interface IResetMail
{
    /// <summary>Whether a mail server is configured.</summary>
    bool IsAvailable { get; }

    /// <summary>The link of a token.</summary>
    /// <param name="token">The link's token, a secret.</param>
    Uri ToLink(string token);

    /// <summary>Sends an invitation immediately; it is never stored.</summary>
    /// <param name="address">The person's address.</param>
    /// <param name="sentBy">The name of the administrator who invites.</param>
    /// <param name="token">The link's token, a secret.</param>
    /// <param name="expiresAt">When it expires (UTC).</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Null if the mail server accepted it, otherwise the error.</returns>
    Task<string?> SendInvitationAsync(
        string address, string sentBy, string token, DateTimeOffset expiresAt, CancellationToken cancellationToken);

    /// <summary>Sends a password reset link immediately; it is never stored.</summary>
    /// <param name="address">The person's address.</param>
    /// <param name="sentBy">The name of the administrator who has it sent.</param>
    /// <param name="token">The link's token, a secret.</param>
    /// <param name="expiresAt">When it expires (UTC).</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Null if the mail server accepted it, otherwise the error.</returns>
    Task<string?> SendAsync(
        string address, string sentBy, string token, DateTimeOffset expiresAt, CancellationToken cancellationToken);
}
