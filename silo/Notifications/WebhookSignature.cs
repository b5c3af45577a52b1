using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CodeSigning.Silo.Notifications;

/// <summary>
/// Proves to a receiver that what it gets is from here and recent: HMAC-SHA256, under the webhook's secret, of the time
/// in seconds since 1970, a dot, and the body.
/// </summary>
public static class WebhookSignature
{
    /// <summary>Names the event's type.</summary>
    public const string EventHeader = "X-CodeSigning-Event";

    /// <summary>Names the delivery: the same at each attempt.</summary>
    public const string DeliveryHeader = "X-CodeSigning-Delivery";

    /// <summary>The time that is signed, in seconds since 1970 (UTC).</summary>
    public const string TimestampHeader = "X-CodeSigning-Timestamp";

    /// <summary><c>sha256=</c> and lower-case hex.</summary>
    public const string SignatureHeader = "X-CodeSigning-Signature";

    /// <summary>The value of the signature's header.</summary>
    public static string Compute(ReadOnlySpan<byte> secret, long timestamp, string body)
    {
        var signed = Encoding.UTF8.GetBytes(timestamp.ToString(CultureInfo.InvariantCulture) + "." + body);
        return "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(secret, signed));
    }
}
