using CodeSigning.Errors;
using CodeSigning.Gateway.Auth;
using CodeSigning.Gateway.Calls;
using CodeSigning.Gateway.Hosting;
using CodeSigning.Gateway.Limits;
using CodeSigning.Gateway.Pages.Account;
using CodeSigning.Gateway.Pages.Assets;
using CodeSigning.Gateway.Pages.Certificates;
using CodeSigning.Gateway.Pages.Home;
using CodeSigning.Gateway.Pages.Layout;
using CodeSigning.Gateway.Pages.Signers;
using CodeSigning.Grains.Administration;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace CodeSigning.Gateway.Pages;

/// <summary>
/// The web pages: Razor components rendered on the server alone, and forms that post. A page calls what the API's endpoints
/// call, as the caller of its session, and reads no store.
/// </summary>
internal static class PagesSetup
{
    public static void AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents();
        services.AddSingleton<PageAssets>();
        services.AddSingleton<SignInTickets>();
        services.AddSingleton<RecentDenials>();
        services.AddSingleton<KnownPrincipals>();
        // An upload may hold a private key, which must not reach a disk.
        services.Configure<FormOptions>(options => options.MemoryBufferThreshold = KestrelSetup.MaxLargeBody);
        services.AddAntiforgery(options =>
        {
            options.Cookie.Name = "antiforgery";
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            options.SuppressXFrameOptionsHeader = true; // SecurityHeaders forbids framing altogether.
        });
    }

    /// <summary>Renders refusals of pages as pages.</summary>
    public static void UsePageProblems(this WebApplication app) => app.UseMiddleware<PageProblemMiddleware>();

    /// <summary>Serves the files of the pages, which are no endpoints.</summary>
    public static void UsePageAssets(this WebApplication app) => app.UseMiddleware<PageAssetMiddleware>();

    /// <summary>Protects the forms of pages. The caller must be known.</summary>
    public static void UsePageForms(this WebApplication app)
    {
        app.UseMiddleware<PageMiddleware>();
        app.UseWhen(PageEndpoint.IsOf, pages => pages.UseAntiforgery());
    }

    public static void MapPages(this IEndpointRouteBuilder routes)
    {
        routes.MapRazorComponents<App>().Add(Describe);
        var forms = routes.MapGroup("").ExcludeFromDescription()
            .WithMetadata(PageEndpoint.Mark, new RequireAntiforgeryTokenAttribute()).AddEndpointFilter(RequireTokenAsync);
        forms.MapPost("/theme", SetTheme).WithMetadata(OpenUnder.Any).WithName("SetTheme");
        forms.MapPost("/sign-out", SignOutAsync).WithMetadata(OpenUnder.Any).WithName("SignOut");
    }

    // Pages without a session are those that begin one, by a password or the link that sets it.
    private static void Describe(EndpointBuilder page)
    {
        page.Metadata.Add(PageEndpoint.Mark);
        if (page.Metadata.OfType<IAllowAnonymous>().Any())
        {
            page.Metadata.Add(EndpointLimits.PersonLogin);
            page.Metadata.Add(new RequestSizeLimitAttribute(KestrelSetup.MaxCredentials));
        }

        if (page.Metadata.OfType<ComponentTypeMetadata>().Any(component => component.Type == typeof(ImportPage)))
        {
            page.Metadata.Add(new RequestSizeLimitAttribute(KestrelSetup.MaxLargeBody));
            page.Metadata.Add(new ReadsBodyOf(CertificateImport.RequireImporter));
        }
    }

    private static ValueTask<object?> RequireTokenAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        context.HttpContext.Features.Get<IAntiforgeryValidationFeature>() is { IsValid: true }
            ? next(context)
            : throw new RefusedException(ErrorCode.InvalidRequest, "The form is out of date: open the page again.");

    private static IResult SetTheme(HttpContext http)
    {
        ThemeCookie.Set(http, http.Request.Form["theme"]);
        return Results.LocalRedirect(LocalPath.OrHome(http.Request.Form["next"]));
    }

    private static async Task<IResult> SignOutAsync(HttpContext http, CookieSessions sessions)
    {
        await sessions.EndAsync(http);
        return Results.LocalRedirect("/sign-in");
    }
}
