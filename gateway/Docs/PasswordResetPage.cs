namespace CodeSigning.Gateway.Docs;

/// <summary>
/// The page at <c>/password-reset</c>, the target of password reset links. The token follows the <c>#</c>: the browser
/// sends it only with the new password, so it appears in no log and no proxy history.
/// </summary>
internal static class PasswordResetPage
{
    private const string Path = "/password-reset";

    private const string Policy =
        "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    private const string Page =
        """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>Code signing: choose a password</title>
        <h1>Choose a password</h1>
        <form id="form">
          <p><label>New password, 12 to 256 characters<br>
          <input id="password" type="password" autocomplete="new-password" minlength="12" maxlength="256" size="40" required></label></p>
          <p><label>The same again<br>
          <input id="again" type="password" autocomplete="new-password" size="40" required></label></p>
          <p><button>Set it</button></p>
        </form>
        <p id="said" role="status"></p>
        <script src="/password-reset.js"></script>
        </html>
        """;

    private const string Script =
        """
        'use strict';
        const token = location.hash.slice(1);
        history.replaceState(null, '', location.pathname);
        const by = id => document.getElementById(id);
        const say = text => { by('said').textContent = text; };
        if (!token) say('This page is opened by the link in the mail.');
        by('form').addEventListener('submit', async event => {
          event.preventDefault();
          if (by('password').value !== by('again').value) return say('The two passwords differ.');
          try {
            const answer = await fetch('/api/v1/auth/password-reset', {
              method: 'POST',
              headers: { 'Content-Type': 'application/json' },
              body: JSON.stringify({ token, password: by('password').value }),
            });
            if (!answer.ok) return say((await answer.json()).detail);
            by('form').remove();
            say('The password is set. Sign in with it.');
          } catch {
            say('The server did not answer. Try again.');
          }
        });

        """;

    /// <summary>Serves the page, which costs nothing but its bytes. Its files are no endpoints.</summary>
    public static void UsePasswordResetPage(this WebApplication app) => app.Use((context, next) =>
        !HttpMethods.IsGet(context.Request.Method) ? next(context)
        : context.Request.Path.Equals(Path, StringComparison.Ordinal) ? WriteAsync(context, "text/html; charset=utf-8", Page)
        : context.Request.Path.Equals(Path + ".js", StringComparison.Ordinal) ? WriteAsync(context, "text/javascript; charset=utf-8", Script)
        : next(context));

    private static Task WriteAsync(HttpContext context, string type, string text)
    {
        context.Response.ContentType = type;
        context.Response.Headers.ContentSecurityPolicy = Policy;
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
