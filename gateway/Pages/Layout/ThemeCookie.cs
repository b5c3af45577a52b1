namespace CodeSigning.Gateway.Pages.Layout;

/// <summary>The theme that a person chose in this browser.</summary>
internal static class ThemeCookie
{
    private const string Name = "theme";
    private static readonly TimeSpan Life = TimeSpan.FromDays(365);

    /// <summary><c>light</c> or <c>dark</c>; null for that of the system.</summary>
    public static string? Find(HttpRequest request) => request.Cookies[Name] is "light" or "dark" ? request.Cookies[Name] : null;

    /// <summary>Keeps the choice; anything but <c>light</c> and <c>dark</c> is that of the system.</summary>
    public static void Set(HttpContext context, string? theme)
    {
        var isChosen = theme is "light" or "dark";
        context.Response.Cookies.Append(Name, isChosen ? theme! : "", new CookieOptions
        {
            HttpOnly = true,
            Secure = context.Request.IsHttps,
            SameSite = SameSiteMode.Lax,
            Path = "/",
            MaxAge = isChosen ? Life : TimeSpan.Zero,
        });
    }
}
