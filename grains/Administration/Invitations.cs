using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Policies;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Administration;

/// <summary>
/// Invites people: whoever is created without a password gets a link to choose one by, which serves once and for a day. It
/// is mailed where there is a mail server, so that nobody but the person sees it; otherwise it is shown to the
/// administrator, once.
/// </summary>
/// <remarks>Every method refuses with <see cref="RefusedException"/>.</remarks>
public sealed class Invitations(
    UserService users, PasswordResets resets, GuardedPolicies policies, IResetMail mail, TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(1);

    /// <summary>Creates a person, and invites one who gets no password.</summary>
    /// <exception cref="RefusedException">
    /// <c>WrongState</c>: the person was created, but the mail could not be sent.
    /// </exception>
    public async Task<UserView> CreateAsync(Caller caller, CreateUser request, CancellationToken cancellationToken)
    {
        if (request.Password is not null)
        {
            return await users.CreateAsync(caller, request, cancellationToken);
        }

        string? token = null;
        var isMailed = mail.IsAvailable;
        var expiresAt = time.GetUtcNow() + Life;
        var user = await users.CreateInvitedAsync(caller, request, Invite, cancellationToken);
        return isMailed && await mail.SendInvitationAsync(user.Email!, caller.Name, token!, expiresAt, cancellationToken) is { } problem
            ? throw new RefusedException(
                ErrorCode.WrongState,
                $"The user was created, but the invitation could not be sent: {problem} Send a link with POST /api/v1/users/{user.Id}/password-reset.")
            : user;

        (PasswordResetLink Link, InvitationView View) Invite(string id)
        {
            token = PasswordResetLink.NewToken(id);
            return (
                new PasswordResetLink(PasswordResetLink.Hash(token), expiresAt, WasShown: !isMailed),
                new InvitationView(expiresAt, isMailed, isMailed ? null : mail.ToLink(token).ToString()));
        }
    }

    /// <summary>
    /// Sets the password with the link of an invitation or of a reset. An invitation that an administrator saw opens nothing
    /// once the person has a vote under a guarded policy: the administrator could cast it.
    /// </summary>
    /// <exception cref="RefusedException">
    /// <c>Unauthenticated</c>: the link is invalid, expired or used; <c>InvalidRequest</c>: the password is invalid.
    /// </exception>
    public async Task RedeemAsync(RedeemPasswordReset request, string? address, CancellationToken cancellationToken)
    {
        if (await resets.FindAsync(request.Token, cancellationToken) is { State.ResetLink.WasShown: true } user
            && await policies.GiveVoteAsync(user.Id, cancellationToken))
        {
            throw PasswordResets.NoLink();
        }

        await resets.RedeemAsync(request, address, cancellationToken);
    }
}
