using CodeSigning.Errors;

namespace CodeSigning.Grains.Identities.Passwords;

/// <summary>
/// What a password must be: long. Rules on its characters make people choose worse ones (NIST SP 800-63B, section 5.1.1.2).
/// </summary>
internal static class PasswordRules
{
    /// <summary>The longest password in characters; a longer one would buy nothing but work.</summary>
    public const int MaxLength = 256;

    private const int MinLength = 12;

    /// <summary>Refuses a password that is too short, too long, or its owner's address.</summary>
    public static void Demand(string password, string email)
    {
        if (password.Length is < MinLength or > MaxLength)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, "A password has 12 to 256 characters.");
        }

        if (string.Equals(password.Trim(), email, StringComparison.OrdinalIgnoreCase))
        {
            throw new RefusedException(ErrorCode.InvalidRequest, "The password must not be the email address.");
        }
    }
}
