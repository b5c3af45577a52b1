using System.Diagnostics.Metrics;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;
using Microsoft.Extensions.Options;

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
    private readonly Counter<long> _breakGlass;
    private readonly bool _isBreakGlassSet;

    public LoginMeter(IMeterFactory factory, IOptions<SignInOptions> options)
    {
        _isBreakGlassSet = options.Value.BreakGlass is not null;
        _meter = factory.Create(Name);
        _failed = _meter.CreateCounter<long>("codesigning.logins.failed", "{login}", "Logins that failed, by method and reason.");
        _breakGlass = _meter.CreateCounter<long>(
            "codesigning.logins.break_glass", "{login}", "Sign-ins of the break-glass administrator, where local accounts are switched off.");
        if (_isBreakGlassSet)
        {
            _breakGlass.Add(0);
        }
    }

    /// <summary>
    /// Waits for a login, and counts it if it is refused. A right password that a code must be sent with is no failure, nor is
    /// a person who has not decided yet.
    /// </summary>
    /// <exception cref="RefusedException">It was refused.</exception>
    public async Task<IssuedToken> CountAsync(LoginMethod method, Task<IssuedToken> login)
    {
        try
        {
            var token = await login;
            if (_isBreakGlassSet && method is (LoginMethod.Password or LoginMethod.Passkey))
            {
                _breakGlass.Add(1);
            }

            return token;
        }
        catch (RefusedException refused) when (refused.Code is not (ErrorCode.SecondFactorRequired or ErrorCode.Conflict))
        {
            Fail(method, refused.Code);
            throw;
        }
    }

    /// <summary>Counts a login that failed.</summary>
    public void Fail(LoginMethod method, ErrorCode code) => _failed.Add(
        1, new KeyValuePair<string, object?>("method", Word(method)), new KeyValuePair<string, object?>("reason", code.ToString()));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static string Word(LoginMethod method) => method switch
    {
        LoginMethod.Password => "password",
        LoginMethod.ClientSecret => "client_secret",
        LoginMethod.SingleSignOn => "sso",
        LoginMethod.Passkey => "passkey",
        LoginMethod.Device => "device",
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

    /// <summary>A sign-in at the identity provider.</summary>
    SingleSignOn,

    /// <summary>A person's passkey.</summary>
    Passkey,

    /// <summary>A code that a person confirmed for a command-line client.</summary>
    Device,
}
