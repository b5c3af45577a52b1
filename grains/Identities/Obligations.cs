using CodeSigning.Errors;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>Who must have a second factor.</summary>
public enum SecondFactorRequirement
{
    /// <summary>Nobody; whoever likes enrols one.</summary>
    Off = 0,

    /// <summary>Product administrators.</summary>
    Administrators = 1,

    /// <summary>All people.</summary>
    All = 2,
}

/// <summary>What the operator requires of people who sign in.</summary>
public sealed class SignInOptions
{
    /// <summary>Who must have a second factor.</summary>
    public SecondFactorRequirement SecondFactor { get; set; }

    /// <summary>
    /// The address of the one person who may still sign in without the identity provider; null where every local account may.
    /// </summary>
    public string? BreakGlass { get; set; }

    /// <summary>Whether the person with an address may sign in without the identity provider.</summary>
    public bool AllowsLocalSignIn(string email) => BreakGlass is null || BreakGlass == email;
}

/// <summary>
/// What a person must do first. Until then the person may sign in for that alone: every call that does not serve it is
/// refused. Pure functions.
/// </summary>
public static class Obligations
{
    /// <summary>What a person must do first; null for nothing.</summary>
    /// <param name="user">The person.</param>
    /// <param name="requirement">Who must have a second factor.</param>
    /// <param name="isProvedElsewhere">Whether one that counts was proved at the identity provider.</param>
    internal static CallerObligation? Of(UserState user, SecondFactorRequirement requirement, bool isProvedElsewhere = false) =>
        user.MustChangePassword ? CallerObligation.ChangePassword
        : !user.HasSecondFactor && !isProvedElsewhere && IsRequired(user.Role, requirement) ? CallerObligation.EnrolSecondFactor
        : null;

    /// <summary>The refusal of a call that does not serve the obligation.</summary>
    public static RefusedException Refuse(CallerObligation obligation) => obligation switch
    {
        CallerObligation.EnrolSecondFactor => new RefusedException(
            ErrorCode.SecondFactorRequired,
            "Your account must have a second factor: enrol one at POST /api/v1/me/factors/totp first. Until then everything else is refused."),
        CallerObligation.ChangePassword => new RefusedException(
            ErrorCode.PasswordChangeRequired,
            "Your password was set by another: change it at PUT /api/v1/me/password first. Until then everything else is refused."),
        _ => throw new ArgumentOutOfRangeException(nameof(obligation)),
    };

    private static bool IsRequired(ProductRole role, SecondFactorRequirement requirement) => requirement switch
    {
        SecondFactorRequirement.All => true,
        SecondFactorRequirement.Administrators => role == ProductRole.Admin,
        _ => false,
    };
}
