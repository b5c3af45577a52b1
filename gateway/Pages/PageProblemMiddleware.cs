using CodeSigning.Errors;
using CodeSigning.Gateway.Auth;
using CodeSigning.Gateway.Pages.Layout;
using CodeSigning.Gateway.Problems;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CodeSigning.Gateway.Pages;

/// <summary>
/// Renders what a page refuses as a page. A request without a session is led to the sign-in page and back, and a person with
/// an obligation to the page that serves it.
/// </summary>
internal sealed class PageProblemMiddleware(RequestDelegate next, ProblemDescriber describer)
{
    private const string EnhancedNavigation = "blazor-enhanced-nav";

    public Task InvokeAsync(HttpContext context) => IsForPeople(context) ? RenderProblemsAsync(context) : next(context);

    private async Task RenderProblemsAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (RefusedException refused) when (FindWay(context, refused) is { } way)
        {
            context.Response.Redirect(way);
            return;
        }
        catch (Exception exception) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await WriteAsync(context, describer.Describe(context, exception));
            return;
        }

        if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null })
        {
            await WriteAsync(context, FromStatus(context.Response.StatusCode));
        }
    }

    private static bool IsForPeople(HttpContext context) => context.GetEndpoint() is RouteEndpoint
        ? PageEndpoint.IsOf(context)
        : HttpMethods.IsGet(context.Request.Method) && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal);

    private static string? FindWay(HttpContext context, RefusedException refused)
    {
        if (context.Response.HasStarted || context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            return null;
        }

        return (refused.Code, context.Features.Get<Caller>()?.Obligation) switch
        {
            (ErrorCode.Unauthenticated, _) => SignInWay(context.Request),
            (ErrorCode.PasswordChangeRequired, CallerObligation.ChangePassword) => "/account/password",
            (ErrorCode.SecondFactorRequired, CallerObligation.EnrolSecondFactor) => "/account/second-factor",
            _ => null,
        };
    }

    // What a form sent is lost with the session; its page is opened again.
    private static string SignInWay(HttpRequest request)
    {
        var place = request.PathBase + request.Path + (HttpMethods.IsGet(request.Method) ? request.QueryString : default);
        return place is "/" or "/sign-out" ? "/sign-in" : $"/sign-in?next={Uri.EscapeDataString(place)}";
    }

    private static Problem FromStatus(int status) => status == StatusCodes.Status400BadRequest
        ? new Problem(ErrorCode.InvalidRequest, "The form is out of date: open the page again.")
        : ExceptionProblems.FromStatus(status);

    // A scope of its own: the one of the page that failed may have begun to render.
    private static async Task WriteAsync(HttpContext context, Problem problem)
    {
        PageHeaders.Set(context);
        context.Response.Headers.Remove(EnhancedNavigation); // The renderer adds it, and would do so twice.
        await using var scope = context.RequestServices.CreateAsyncScope();
        context.RequestServices = scope.ServiceProvider;
        var page = new RazorComponentResult<ProblemPage>(new Dictionary<string, object?>
        {
            [nameof(ProblemPage.Title)] = ErrorCodeTable.TitleOf(problem.Code),
            [nameof(ProblemPage.Detail)] = problem.Detail,
        })
        {
            StatusCode = problem.Status,
        };
        await page.ExecuteAsync(context);
    }
}
