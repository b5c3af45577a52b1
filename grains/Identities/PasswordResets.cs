using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>A link that was sent to a person.</summary>
/// <param name="ExpiresAt">Until when it can be used (UTC).</param>
public sealed record SentPasswordReset(DateTimeOffset ExpiresAt);

/// <summary>Chooses a password by a link that was sent.</summary>
/// <param name="Token">The link's token: what follows the <c>#</c> in it.</param>
/// <param name="Password">The new password, 12 to 256 characters.</param>
public sealed record RedeemPasswordReset(string Token, string Password)
{
    /// <summary>Nothing of it, so that no log can show it.</summary>
    public override string ToString() => nameof(RedeemPasswordReset);
}

/// <summary>
/// Lets people who lost their password choose another by a link to their own address. A product administrator has it sent
/// and does not see it: nobody gets the vote of another that way. A second administrator's word would not do in its place,
/// since one administrator can make another.
/// </summary>
/// <remarks>Everything here refuses with <see cref="RefusedException"/>.</remarks>
public sealed class PasswordResets(IStateStore store, ILedger ledger, PasswordHashing hashing, IResetMail mail, TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);

    /// <summary>Sends a link, which takes the place of one sent before. Product administrators only.</summary>
    /// <exception cref="RefusedException"><c>WrongState</c>: the person is disabled, or no mail can be sent.</exception>
    public async Task<SentPasswordReset> SendAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var user = await store.FindAsync<UserState>(StateTypes.User, id, cancellationToken)
            ?? throw new RefusedException(ErrorCode.NotFound, "There is no such person.");
        if (user.State.Status != PrincipalStatus.Active)
        {
            throw new RefusedException(ErrorCode.WrongState, "The person is disabled. Enable them first.");
        }

        if (!mail.IsAvailable)
        {
            throw new RefusedException(
                ErrorCode.WrongState,
                "No mail server is set (CODESIGNING_SMTP_HOST), so no link can be sent. Run 'silo reset-password EMAIL' on the server.");
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
        return await mail.SendAsync(user.State.Email, token, link.ExpiresAt, cancellationToken) is { } problem
            ? throw new RefusedException(ErrorCode.WrongState, $"The link could not be sent. {problem}")
            : new SentPasswordReset(link.ExpiresAt);
    }

    /// <summary>Takes a link and sets the password; ends every session of the person.</summary>
    /// <param name="request">The link's token and the password.</param>
    /// <param name="address">Where it came from.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="RefusedException"><c>Unauthenticated</c>: it is no link, or is over or used; <c>InvalidRequest</c>.</exception>
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

    private async Task<Row<UserState>?> FindAsync(string token, CancellationToken cancellationToken) =>
        PasswordResetLink.ReadUserId(token) is { } id
        && await store.FindAsync<UserState>(StateTypes.User, id, cancellationToken) is { } user
        && user.State is { Status: PrincipalStatus.Active, ResetLink: { } link }
        && link.Opens(token, time.GetUtcNow())
            ? user
            : null;

    private static RefusedException NoLink() => new(
        ErrorCode.Unauthenticated, "This link is not valid, or was used, or is over. Ask a product administrator for another one.");
}

/// <summary>A link that was sent to a person, as it is stored.</summary>
/// <param name="TokenHash">SHA-256 of the token in it.</param>
/// <param name="ExpiresAt">Until when it can be used (UTC).</param>
public sealed record PasswordResetLink(byte[] TokenHash, DateTimeOffset ExpiresAt)
{
    private const int RandomBytes = 32;

    /// <summary>Makes a token: the person's id, a dot, and 256 random bits as base64url.</summary>
    internal static string NewToken(string userId) =>
        $"{userId}.{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes))}";

    /// <summary>The person whom a token names; null where it has not the form of one.</summary>
    internal static string? ReadUserId(string token)
    {
        var dot = token.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && EntityId.Is(IdPrefixes.User, token[..dot]) ? token[..dot] : null;
    }

    /// <summary>SHA-256 of a token.</summary>
    internal static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>Whether this is the link of a token, and not over.</summary>
    internal bool Opens(string token, DateTimeOffset now) =>
        now < ExpiresAt && CryptographicOperations.FixedTimeEquals(TokenHash, Hash(token));
}

/// <summary>Sends people the links by which they choose a password.</summary>
public interface IResetMail
{
    /// <summary>Whether mail can be sent at all.</summary>
    bool IsAvailable { get; }

    /// <summary>Sends a link now; it is written down nowhere.</summary>
    /// <param name="address">The person's address.</param>
    /// <param name="token">The link's token, a secret.</param>
    /// <param name="expiresAt">Until when it can be used (UTC).</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null where the mail server took it, otherwise what went wrong.</returns>
    Task<string?> SendAsync(string address, string token, DateTimeOffset expiresAt, CancellationToken cancellationToken);
}
