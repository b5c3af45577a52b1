using CodeSigning.Gateway.Tests.Authorisation;

namespace CodeSigning.Pages.Tests.Permissions;

/// <summary>A form of a page, and the call of the API that does the same.</summary>
/// <param name="Page">The page's route.</param>
/// <param name="Handler">The method that handles it.</param>
/// <param name="Call">The row of docs/permissions.md; null for a form that succeeds for nobody as it is filled here.</param>
/// <param name="FillAsync">Fills it in for a role so that it succeeds for whoever may.</param>
internal sealed record PageForm(string Page, string Handler, string? Call, Func<Stage, Role, Task<FilledForm>> FillAsync)
{
    /// <summary>Whether an entry of the ledger tells of it; sessions end without one, and an export is told of as it is downloaded.</summary>
    public bool LeavesEntry { get; init; } = true;

    /// <summary>A form of a page that is there for everybody.</summary>
    public PageForm(string page, string handler, string? call, FilledForm filled)
        : this(page, handler, call, (_, _) => Task.FromResult(filled))
    {
    }

    /// <summary>A form that is filled in alike for all roles.</summary>
    public PageForm(string page, string handler, string? call, Func<Stage, Task<FilledForm>> fillAsync)
        : this(page, handler, call, (stage, _) => fillAsync(stage))
    {
    }
}

/// <summary>What a browser sends.</summary>
/// <param name="Path">The page.</param>
/// <param name="Form">The form's name; null for an address that takes one form alone.</param>
/// <param name="Fields">The fields; those that begin with <c>@</c> are files.</param>
internal sealed record FilledForm(string Path, string? Form, params (string Name, string Value)[] Fields)
{
    /// <summary>As a browser posts it.</summary>
    public HttpContent ToContent(string antiforgery)
    {
        var all = Fields.Prepend(("__RequestVerificationToken", antiforgery));
        all = Form is null ? all : all.Prepend(("_handler", Form));
        if (!Fields.Any(IsFile))
        {
            return new FormUrlEncodedContent(all.Select(field => KeyValuePair.Create(field.Item1, field.Item2)));
        }

        var content = new MultipartFormDataContent();
        foreach (var (name, value) in all)
        {
            if (name.StartsWith('@'))
            {
                content.Add(new StringContent(value), name[1..], "file.pem");
            }
            else
            {
                content.Add(new StringContent(value), name);
            }
        }

        return content;
    }

    private static bool IsFile((string Name, string Value) field) => field.Name.StartsWith('@');
}
