using CodeSigning.Errors;
using CodeSigning.Gateway.Auth;
using CodeSigning.Gateway.Calls;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Components;

namespace CodeSigning.Gateway.Pages.Components;

/// <summary>A page: the request, its caller, and the failure of the form that was posted.</summary>
public abstract class PageBase : ComponentBase
{
    /// <summary>The request.</summary>
    [CascadingParameter]
    public HttpContext Http { get; set; } = null!;

    /// <summary>The failure of the form that was posted; null for none.</summary>
    internal FormFailure? Failure { get; private set; }

    private bool _isLoaded;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    /// <summary>The request as the API's endpoints see it.</summary>
    private protected ApiCall Call => new(Http);

    /// <summary>Whose session it is.</summary>
    private protected Caller Caller => Http.GetCaller();

    /// <summary>Reads what the page shows, before anything of it is rendered. Whoever may not see it is refused here.</summary>
    protected virtual Task LoadAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public sealed override async Task SetParametersAsync(ParameterView parameters)
    {
        parameters.SetParameterProperties(this);
        if (!_isLoaded)
        {
            await LoadAsync();
            _isLoaded = true;
        }

        await base.SetParametersAsync(ParameterView.Empty);
    }

    /// <summary>A field of the posted form, without spaces around it; null if it is empty or nothing was posted.</summary>
    internal string? Posted(string name) => PostedAsTyped(name)?.Trim() is { Length: > 0 } text ? text : null;

    /// <summary>The same with its spaces, for passwords.</summary>
    internal string? PostedAsTyped(string name) =>
        Http.Request.HasFormContentType && Http.Request.Form[name].ToString() is { Length: > 0 } text ? text : null;

    /// <summary>Handles a form; what is refused is shown at its field.</summary>
    internal async Task SubmitAsync(string form, Func<Task> handle)
    {
        try
        {
            await handle();
        }
        catch (Exception exception) when (FormFailure.Find(form, exception) is { } failure)
        {
            Fail(failure);
        }
    }

    /// <summary>Shows a failure of a form.</summary>
    private protected void Fail(FormFailure failure)
    {
        Failure = failure;
        // The renderer takes 404 for a page that is not there, and gives up what it rendered.
        Http.Response.StatusCode = failure.Status == StatusCodes.Status404NotFound ? StatusCodes.Status400BadRequest : failure.Status;
        StateHasChanged();
    }

    /// <summary>Refuses everybody but product administrators, before a page offers what only they may do.</summary>
    /// <exception cref="RefusedException"><c>Forbidden</c>.</exception>
    private protected void RequireAdministrator()
    {
        if (Caller.Role != ProductRole.Admin)
        {
            throw new RefusedException(ErrorCode.Forbidden, "Only product administrators may do this.");
        }
    }

    /// <summary>Leads the browser to another page of this server.</summary>
    private protected void GoTo(string path) => Navigation.NavigateTo(path);
}
