using CodeSigning.Errors;

namespace CodeSigning.Grains.Identities.Logins;

/// <summary>The one answer to a login that failed, whatever the reason: it must not tell which accounts exist.</summary>
internal static class FailedLogin
{
    public static RefusedException Create() =>
        new(ErrorCode.Unauthenticated, "The login failed. Check the account and its credentials.");
}
