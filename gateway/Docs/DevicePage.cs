namespace CodeSigning.Gateway.Docs;

/// <summary>
/// The page at <c>/device</c>, on which a signed-in person confirms the code of a command-line client. The code may follow the
/// <c>#</c>.
/// </summary>
internal static class DevicePage
{
    private const string Path = "/device";

    private const string Policy =
        "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    private const string Page =
        """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>Code signing: let a program in</title>
        <h1>Let a program sign in as you</h1>
        <p><strong>Go on only if you started the program yourself, just now.</strong> If somebody sent you a code or reads one out to you,
        close this page: they want to sign as you. Nobody of us ever asks for a code.</p>
        <form id="form">
          <p><label>The code that the program shows<br>
          <input id="code" autocomplete="off" spellcheck="false" maxlength="9" size="12" required></label></p>
          <p><button>Show who asks</button></p>
        </form>
        <section id="asked" hidden>
          <dl>
            <dt>Program</dt><dd id="client"></dd>
            <dt>It asks from the address</dt><dd id="address"></dd>
            <dt>With</dt><dd id="agent"></dd>
            <dt>Since</dt><dd id="since"></dd>
          </dl>
          <p>Is this the machine that you sit at or started the program on? It can then do whatever you can, until you sign out.</p>
          <p><button id="deny" type="button">No, keep it out</button> <button id="approve" type="button">Yes, I started it: let it in</button></p>
        </section>
        <p id="said" role="status"></p>
        <script src="/device.js"></script>
        </html>
        """;

    private const string Script =
        """
        'use strict';
        const by = id => document.getElementById(id);
        const say = text => { by('said').textContent = text; };
        const ask = async (method, path) => {
          const answer = await fetch('/api/v1/auth/device/' + encodeURIComponent(by('code').value) + path, {
            method,
            headers: { 'X-CodeSigning-Request': '1' },
          });
          if (answer.ok) return answer.status === 204 ? {} : answer.json();
          throw new Error(answer.status === 401 ? 'Sign in first, and open this page again.' : (await answer.json()).detail);
        };
        const attempt = work => async event => {
          event.preventDefault();
          try { await work(); } catch (fault) { say(fault.message); }
        };
        const end = text => { by('asked').remove(); by('form').remove(); say(text); };
        by('code').value = location.hash.slice(1);
        by('form').addEventListener('submit', attempt(async () => {
          const asked = await ask('GET', '');
          by('client').textContent = asked.client;
          by('address').textContent = asked.address || 'unknown';
          by('agent').textContent = asked.userAgent || 'unknown';
          by('since').textContent = asked.createdAt;
          by('asked').hidden = false;
          say('');
        }));
        by('approve').addEventListener('click', attempt(async () => {
          const approved = await ask('POST', '/approve');
          end('The program is let in. You can close this page.');
          if (approved.redirectTo) location.assign(approved.redirectTo);
        }));
        by('deny').addEventListener('click', attempt(async () => {
          await ask('POST', '/deny');
          end('The program is kept out.');
        }));

        """;

    /// <summary>Serves the page, which costs nothing but its bytes. Its files are no endpoints.</summary>
    public static void UseDevicePage(this WebApplication app) => app.Use((context, next) =>
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
