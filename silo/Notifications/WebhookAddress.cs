using System.Net;
using CodeSigning.Errors;
using CodeSigning.Silo.Network;

namespace CodeSigning.Silo.Notifications;

/// <summary>What a webhook's address may look like; where it leads, the sender checks at each attempt.</summary>
internal static class WebhookAddress
{
    private const int MaxLength = 1024;

    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static Uri Demand(string? text, bool allowPrivate)
    {
        if (text is null || text.Length > MaxLength || !Uri.TryCreate(text, UriKind.Absolute, out var url)
            || url.UserInfo.Length > 0 || url.Fragment.Length > 0
            || !(url.Scheme == Uri.UriSchemeHttps || (allowPrivate && url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)))
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest, "A webhook's url is an https address of at most 1024 characters, without user, password and fragment.");
        }

        if (!allowPrivate && IPAddress.TryParse(url.IdnHost, out var address) && !PublicAddresses.IsPublic(address))
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest, "A webhook's url leads to a public address. The operator can allow private ones.");
        }

        return url;
    }
}
