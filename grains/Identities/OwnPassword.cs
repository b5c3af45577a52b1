using CodeSigning.Errors;
using CodeSigning.Grains.Budgets;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Identity;

namespace CodeSigning.Grains.Identities;

/// <summary>Requires a signed-in person's password again, before what a stolen session must not do.</summary>
public sealed class OwnPassword(PasswordHashing hashing, LoginThrottle throttle, TimeProvider time)
{
    // Each attempt costs slow hashes, which delay logins.
    private readonly PrincipalBudget _attempts = new(new BudgetRule(10, 0.1), time);

    /// <summary>Refuses a password that is not the person's.</summary>
    /// <exception cref="RefusedException"><c>Forbidden</c> if the password is incorrect; <c>RateLimited</c>.</exception>
    internal async Task RequireAsync(Caller caller, UserState user, string password, CancellationToken cancellationToken)
    {
        if (!_attempts.TrySpend(caller.Id, out var wait))
        {
            throw new RefusedException(
                ErrorCode.RateLimited, "Too many password changes: retry after the time in Retry-After.")
            {
                RetryAfter = wait,
            };
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
}
