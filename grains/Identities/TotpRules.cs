using System.Security.Cryptography;
using System.Text;
using OtpNet;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Time-based one-time passwords (RFC 6238) as every authenticator app makes them: HMAC-SHA-1, 6 digits, steps of 30
/// seconds. A code counts one step early or late, since clocks differ (section 5.2), and once (section 5.2 too). Pure
/// functions.
/// </summary>
internal static class TotpRules
{
    private const int Digits = 6;
    private const int StepSeconds = 30;
    private const int StepsOff = 1;
    private const int SecretLength = 20;
    private const string Issuer = "Code signing";

    /// <summary>Creates a secret of 160 bits, the length of the hash (RFC 4226, section 4).</summary>
    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretLength);

    /// <summary>The secret in base32 (RFC 4648).</summary>
    public static string ToText(byte[] secret) => Base32Encoding.ToString(secret);

    /// <summary>The <c>otpauth</c> URI of a secret, which apps read as a QR code.</summary>
    public static string ToUri(byte[] secret, string email) =>
        new OtpUri(OtpType.Totp, secret, email, Issuer, OtpHashMode.Sha1, Digits, StepSeconds).ToString();

    /// <summary>The step whose code this is; null if it is none, or the step or a later one was used already.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="code">The code, 6 digits; apps show it in two groups, so spaces do not matter.</param>
    /// <param name="lastStep">The last step that was used.</param>
    /// <param name="now">The time (UTC).</param>
    public static long? FindStep(byte[] secret, string code, long lastStep, DateTimeOffset now)
    {
        var totp = new Totp(secret, StepSeconds, OtpHashMode.Sha1, Digits);
        var given = Encoding.UTF8.GetBytes(code.Replace(" ", "", StringComparison.Ordinal));
        long? found = null;
        for (var off = -StepsOff; off <= StepsOff; off++)
        {
            // Every step is compared, so that the time does not tell which one was near.
            var at = now.AddSeconds(off * StepSeconds);
            var step = at.ToUnixTimeSeconds() / StepSeconds;
            if (CryptographicOperations.FixedTimeEquals(given, Encoding.ASCII.GetBytes(totp.ComputeTotp(at.UtcDateTime))) && step > lastStep)
            {
                found ??= step;
            }
        }

        return found;
    }
}
