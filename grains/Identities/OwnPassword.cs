using CodeSigning.Errors;
using CodeSigning.Grains.Budgets;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Identity;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Requires a signed-in person's password again, before what a stolen session must not do; of people of the identity
/// provider, who have none here, a sign-in there of just now.
/// </summary>
public sealed class OwnPassword(PasswordHashing hashing, LoginThrottle throttle, IStateStore store, TimeProvider time)
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(10);

    // Each attempt costs slow hashes, which delay logins.
    private readonly PrincipalBudget _attempts = new(new BudgetRule(10, 0.1), time);

    /// <summary>Refuses a password that is not the person's, or a sign-in at the identity provider of long ago.</summary>
    /// <exception cref="RefusedException">
    /// <c>Forbidden</c> if the password is incorrect or the sign-in is too old; <c>RateLimited</c>.
    /// </exception>
    internal async Task RequireAsync(Caller caller, UserState user, string password, CancellationToken cancellationToken)
    {
        if (!_attempts.TrySpend(caller.Id, out var wait))
        {
            throw new RefusedException(
                ErrorCode.RateLimited, "Too many attempts with the current password: retry after the time in Retry-After.")
            {
                RetryAfter = wait,
            };
        }

        if (user.External is not null)
        {
            await RequireFreshSignInAsync(caller, cancellationToken);
            return;
        }

        using var attempt = throttle.Begin(PrincipalKind.User, user.Email, caller.Address);
        if (password.Length > PasswordRules.MaxLength
            || await hashing.VerifyAsync(user.PasswordHash, password, cancellationToken) == PasswordVerificationResult.Failed)
        {
            attempt.Fail();
            throw new RefusedException(ErrorCode.Forbidden, "Current password is incorrect.");
        }

        attempt.Succeed();
    }

    private async Task RequireFreshSignInAsync(Caller caller, CancellationToken cancellationToken)
    {
        var session = await store.FindAsync<SessionState>(StateTypes.Session, caller.SessionId!, cancellationToken);
        if (session is null || session.State.CreatedAt + FreshFor < time.GetUtcNow())
        {
            throw new RefusedException(
                ErrorCode.Forbidden, "The sign-in at the identity provider is older than ten minutes: sign in again first.");
        }
    }
}
