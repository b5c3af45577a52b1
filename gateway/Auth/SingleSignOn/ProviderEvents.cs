using CodeSigning.Errors;
using CodeSigning.Gateway.Settings;
using CodeSigning.Grains.Identities;
using CodeSigning.Silo.Settings;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using SignOn = CodeSigning.Grains.Identities.SingleSignOn;

namespace CodeSigning.Gateway.Auth.SingleSignOn;

/// <summary>What this server makes of the steps of a sign-in: its own session at the end, or a page that says why not.</summary>
internal sealed class ProviderEvents(
    SingleSignOnSettings settings, NodeSettings node, SignOn logins, LoginMeter meter, TimeProvider time, ILogger<ProviderEvents> log)
    : OpenIdConnectEvents
{
    private const string Fresh = "fresh";
    private static readonly TimeSpan StateLife = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    /// <summary>The properties of a sign-in.</summary>
    /// <param name="next">The path to go on to.</param>
    /// <param name="isFresh">Whether the person must prove again who they are.</param>
    /// <param name="now">The time (UTC).</param>
    public static AuthenticationProperties Begin(string next, bool isFresh, DateTimeOffset now)
    {
        var properties = new AuthenticationProperties { RedirectUri = next, IssuedUtc = now, ExpiresUtc = now + StateLife };
        if (isFresh)
        {
            properties.Items[Fresh] = "";
        }

        return properties;
    }

    /// <inheritdoc/>
    public override Task RedirectToIdentityProvider(RedirectContext context)
    {
        // The request's Host header is anybody's.
        context.ProtocolMessage.RedirectUri = new Uri(node.PublicUrl, SingleSignOnPaths.Callback).ToString();
        if (context.Properties.Items.ContainsKey(Fresh))
        {
            context.ProtocolMessage.Prompt = "login";
            context.ProtocolMessage.MaxAge = "0";
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task MessageReceived(MessageReceivedContext context)
    {
        if (SignInFaults.FindInForm(context.Request) is { } form)
        {
            context.Fail(new SignInRefusedException(SignInFault.ResponseInvalid, form));
            return;
        }

        var issuer = context.ProtocolMessage.GetParameter("iss");
        var configuration = await context.Options.ConfigurationManager!.GetConfigurationAsync(context.HttpContext.RequestAborted);
        if (issuer is null ? configuration.AuthorizationResponseIssParameterSupported : issuer != settings.Issuer)
        {
            context.Fail(new SignInRefusedException(SignInFault.OtherIssuer, "The response is that of another identity provider (iss)."));
        }
    }

    /// <inheritdoc/>
    public override async Task TicketReceived(TicketReceivedContext context)
    {
        context.HandleResponse();
        try
        {
            var token = await logins.LoginAsync(ReadSignIn(context), context.HttpContext.GetOrigin(), context.HttpContext.RequestAborted);
            SessionCookie.Set(context.HttpContext, token.AccessToken, TimeSpan.FromSeconds(token.ExpiresIn));
            await SignInPage.LeadOnAsync(context.HttpContext, LocalPath.Validate(context.ReturnUri));
        }
        catch (SignInRefusedException refused)
        {
            await RefuseAsync(context.HttpContext, refused);
        }
        catch (RefusedException refused)
        {
            await RefuseAsync(context.HttpContext, SignInFaults.Of(refused));
        }
    }

    /// <inheritdoc/>
    public override Task RemoteFailure(RemoteFailureContext context)
    {
        context.HandleResponse();
        return RefuseAsync(context.HttpContext, SignInFaults.Of(context.Failure, context.Request), context.Failure);
    }

    private ProviderSignIn ReadSignIn(TicketReceivedContext context)
    {
        var now = time.GetUtcNow();
        var begunAt = context.Properties?.IssuedUtc;
        if (begunAt is null || !(now < context.Properties!.ExpiresUtc))
        {
            throw new SignInRefusedException(SignInFault.StateInvalid, "This browser began no such sign-in, or began it long ago (state).");
        }

        var token = context.Principal?.Identities.Select(identity => identity.BootstrapContext).OfType<VerifiedToken>().FirstOrDefault()
            ?? throw new InvalidOperationException("A sign-in ended without a verified ID token.");
        return !context.Properties.Items.ContainsKey(Fresh) || ProviderClaims.ReadAuthenticationTime(token) >= begunAt - Skew
            ? ProviderClaims.Read(token, settings, now)
            : throw new SignInRefusedException(
                SignInFault.NotFresh, "The identity provider did not ask you to prove again who you are (auth_time).");
    }

    private Task RefuseAsync(HttpContext context, SignInRefusedException refused, Exception? failure = null)
    {
        meter.Fail(LoginMethod.SingleSignOn, SignInFaults.CodeOf(refused.Fault));
        log.LogInformation(
            failure is SignInRefusedException ? null : failure,
            "Sign-in at the identity provider from {Address} failed: {Fault}: {Message}",
            ClientAddress.ToText(context.Connection.RemoteIpAddress),
            refused.Fault,
            refused.Message);
        return SignInPage.RefuseAsync(context, refused);
    }
}
