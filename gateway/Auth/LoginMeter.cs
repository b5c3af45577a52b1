using System.Diagnostics.Metrics;
using CodeSigning.Errors;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Auth;

/// <summary>
/// Counts logins that failed, for <c>/metrics</c>. The reason is the code that the caller was told: everybody may read the
/// metrics, and a finer one would tell which accounts there are.
/// </summary>
internal sealed class LoginMeter : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string Name = "CodeSigning.Logins";

    private readonly Meter _meter;
    private readonly Counter<long> _failed;

    public LoginMeter(IMeterFactory factory)
    {
        _meter = factory.Create(Name);
        _failed = _meter.CreateCounter<long>("codesigning.logins.failed", "{login}", "Logins that failed, by method and reason.");
    }

    /// <summary>
    /// Waits for a login, and counts it if it is refused. A right password that a code must be sent with is no failure.
    /// </summary>
    /// <exception cref="RefusedException">It was refused.</exception>
    public async Task<IssuedToken> CountAsync(LoginMethod method, Task<IssuedToken> login)
    {
        try
        {
            return await login;
        }
        catch (RefusedException refused) when (refused.Code != ErrorCode.SecondFactorRequired)
        {
            _failed.Add(1, new KeyValuePair<string, object?>("method", Word(method)), new KeyValuePair<string, object?>("reason", refused.Code.ToString()));
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static string Word(LoginMethod method) => method switch
    {
        LoginMethod.Password => "password",
        LoginMethod.ClientSecret => "client_secret",
        _ => "oidc",
    };
}

/// <summary>With what somebody logs in.</summary>
internal enum LoginMethod
{
    /// <summary>A person's password.</summary>
    Password,

    /// <summary>A machine identity's client secret.</summary>
    ClientSecret,

    /// <summary>The OpenID Connect token of a CI.</summary>
    Oidc,
}
