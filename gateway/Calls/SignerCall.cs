using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Gateway.Calls;

/// <summary>A request about the signer in its path, given by id or name.</summary>
internal sealed class SignerCall(ApiCall call, string signerId)
{
    /// <summary>The route parameter.</summary>
    public const string Parameter = "signerId";

    /// <summary>The signer's id.</summary>
    public string SignerId => signerId;

    /// <inheritdoc cref="ApiCall.Grains"/>
    public IGrainFactory Grains => call.Grains;

    /// <inheritdoc cref="ApiCall.Aborted"/>
    public CancellationToken Aborted => call.Aborted;

    /// <inheritdoc cref="ApiCall.CallerId"/>
    public string CallerId => call.CallerId;

    /// <summary>The signer.</summary>
    public ISignerGrain Signer => call.Grains.GetGrain<ISignerGrain>(signerId);

    /// <summary>Called by the framework for a handler's parameter.</summary>
    public static async ValueTask<SignerCall?> BindAsync(HttpContext context)
    {
        var ids = context.RequestServices.GetRequiredService<SignerIds>();
        return new SignerCall(new ApiCall(context), await ids.FindAsync(context));
    }

    /// <inheritdoc cref="ApiCall.AskAsync{T}"/>
    public Task<T> AskAsync<T>(Func<Caller, Task<T>> question) => call.AskAsync(question);

    /// <inheritdoc cref="ApiCall.AskAsync{T}"/>
    public Task AskAsync(Func<Caller, Task> question) => call.AskAsync(question);
}
