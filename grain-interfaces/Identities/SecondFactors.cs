using System.Collections.Immutable;

namespace CodeSigning.Identities;

/// <summary>The caller's second factors.</summary>
/// <param name="Totp">The authenticator app; absent if none is enrolled.</param>
/// <param name="RecoveryCodesLeft">The number of recovery codes that were not used yet.</param>
public sealed record FactorsView(TotpFactorView? Totp, int RecoveryCodesLeft);

/// <summary>An enrolled authenticator app.</summary>
/// <param name="EnrolledAt">When it was enrolled (UTC).</param>
public sealed record TotpFactorView(DateTimeOffset EnrolledAt);

/// <summary>The body that begins the enrolment of an authenticator app.</summary>
/// <param name="CurrentPassword">The caller's password.</param>
public sealed record EnrolTotp(string CurrentPassword)
{
    /// <summary>The type's name alone, so that no log can show the password.</summary>
    public override string ToString() => nameof(EnrolTotp);
}

/// <summary>
/// A begun enrolment; the only response that contains the secret. It takes effect once a first code confirms it.
/// </summary>
/// <param name="Secret">The secret of 20 bytes in base32 (RFC 4648), to be typed into an app.</param>
/// <param name="Uri">The same as an <c>otpauth</c> URI, to be shown as a QR code.</param>
/// <param name="ExpiresAt">When it must be confirmed by (UTC).</param>
public sealed record TotpEnrolmentView(string Secret, string Uri, DateTimeOffset ExpiresAt)
{
    /// <summary>Without the secret, so that no log can show it.</summary>
    public override string ToString() => $"{nameof(TotpEnrolmentView)} {{ ExpiresAt = {ExpiresAt} }}";
}

/// <summary>The body that confirms an enrolment.</summary>
/// <param name="Code">The app's current code: 6 digits.</param>
public sealed record ConfirmTotp(string Code)
{
    /// <summary>The type's name alone, so that no log can show the code.</summary>
    public override string ToString() => nameof(ConfirmTotp);
}

/// <summary>New recovery codes; the only response that contains them.</summary>
/// <param name="RecoveryCodes">Ten codes, of which each logs in once in the place of the app's code.</param>
public sealed record RecoveryCodesView(ImmutableArray<string> RecoveryCodes)
{
    /// <summary>Without the codes, so that no log can show them.</summary>
    public override string ToString() => nameof(RecoveryCodesView);
}

/// <summary>The body that proves both factors for a change of them.</summary>
/// <param name="CurrentPassword">The caller's password.</param>
/// <param name="Code">The app's current code, or a recovery code.</param>
public sealed record ProveFactors(string CurrentPassword, string Code)
{
    /// <summary>The type's name alone, so that no log can show the secrets.</summary>
    public override string ToString() => nameof(ProveFactors);
}

/// <summary>The body that proves the second factor again in the same session: either of the two.</summary>
/// <param name="Code">The app's current code, or a recovery code.</param>
/// <param name="Passkey">A proof by a passkey, with a challenge of <c>POST /me/passkeys/challenge</c>.</param>
public sealed record StepUp(string? Code = null, PasskeyAssertion? Passkey = null)
{
    /// <summary>The type's name alone, so that no log can show the code.</summary>
    public override string ToString() => nameof(StepUp);
}

/// <summary>What a principal proved who it is by. Written in camelCase.</summary>
public enum AuthenticationMethod
{
    /// <summary>A person's password.</summary>
    Password = 1,

    /// <summary>A code of a person's authenticator app (RFC 6238).</summary>
    Totp = 2,

    /// <summary>A person's recovery code.</summary>
    RecoveryCode = 3,

    /// <summary>A client secret of a machine identity.</summary>
    ClientSecret = 4,

    /// <summary>An OpenID Connect token of a CI system.</summary>
    Oidc = 5,

    /// <summary>A sign-in at the organisation's identity provider.</summary>
    SingleSignOn = 6,

    /// <summary>A person's passkey, which verified the person.</summary>
    Passkey = 7,
}
