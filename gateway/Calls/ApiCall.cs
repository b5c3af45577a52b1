using CodeSigning.Gateway.Auth;
using CodeSigning.Grains.Ledger;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Calls;

/// <summary>
/// A request as an endpoint sees it: who asks, and the grains that answer. What a decision rests on may change while it
/// is made; then nothing was written, the caller is authenticated again (one that was disabled meanwhile is turned away
/// here) and the decision is made again with fresh facts.
/// </summary>
internal sealed class ApiCall(HttpContext http)
{
    private const int Attempts = 3;

    /// <summary>The grains.</summary>
    public IGrainFactory Grains { get; } = http.RequestServices.GetRequiredService<IGrainFactory>();

    /// <summary>Ends with the connection.</summary>
    public CancellationToken Aborted => http.RequestAborted;

    /// <summary>Who asks.</summary>
    public string CallerId => http.GetCaller().Id;

    /// <summary>Called by the framework for a handler's parameter.</summary>
    public static ValueTask<ApiCall?> BindAsync(HttpContext context) => new(new ApiCall(context));

    /// <summary>Asks as the caller of this request, and again where nothing was decided, or only on facts that have changed.</summary>
    public async Task<T> AskAsync<T>(Func<Caller, Task<T>> question)
    {
        var caller = http.GetCaller();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await question(caller);
            }
            catch (Exception exception) when (attempt < Attempts && CanBeAskedAgain(exception))
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

    // A call to a grain that is moving or being collected is rejected before it begins. One whose node has died may have begun.
    private static bool CanBeAskedAgain(Exception exception) => exception
        is CommitRefusedException { Reason: CommitRefusal.Stale or CommitRefusal.TooLate }
        or (OrleansMessageRejectionException and not SiloUnavailableException);
}
