using CodeSigning.Gateway.Auth;
using CodeSigning.Grains.Ledger;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Calls;

/// <summary>
/// A request with its caller and grains. If a decision's read set turns out to be stale, nothing was written: the
/// caller is authenticated again (and refused if disabled meanwhile) and the decision is repeated on current facts.
/// </summary>
internal sealed class ApiCall(HttpContext http)
{
    private const int Attempts = 3;

    /// <summary>The grains.</summary>
    public IGrainFactory Grains { get; } = http.RequestServices.GetRequiredService<IGrainFactory>();

    /// <summary>Cancelled when the client disconnects.</summary>
    public CancellationToken Aborted => http.RequestAborted;

    /// <summary>The caller's id.</summary>
    public string CallerId => http.GetCaller().Id;

    /// <summary>Called by the framework for a handler's parameter.</summary>
    public static ValueTask<ApiCall?> BindAsync(HttpContext context) => new(new ApiCall(context));

    /// <summary>Calls as the request's caller; retries if nothing was decided or the read set was stale.</summary>
    public async Task<T> AskAsync<T>(Func<Caller, Task<T>> question)
    {
        var caller = http.GetCaller();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await question(caller);
            }
            catch (Exception exception) when (attempt < Attempts && UndecidedCall.Is(exception))
            {
                caller = await http.ReauthenticateAsync();
            }
        }
    }

    /// <inheritdoc cref="AskAsync{T}"/>
    public Task AskAsync(Func<Caller, Task> question) => AskAsync(async caller =>
    {
        await question(caller);
        return true;
    });
}
