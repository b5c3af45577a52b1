using System.Collections.Concurrent;
using CodeSigning.Errors;
using CodeSigning.Grains.Signers;
using CodeSigning.Identifiers;

namespace CodeSigning.Gateway.Calls;

/// <summary>
/// Resolves signers by id or name. Names are never reused, so a cached pair cannot refer to the wrong signer.
/// </summary>
internal sealed class SignerIds(SignerDirectory directory, TimeProvider time)
{
    private const int MostRemembered = 10_000;
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<string, (string Id, DateTimeOffset At)> _byName = new(StringComparer.Ordinal);

    /// <summary>The id of the signer with this id or name.</summary>
    /// <exception cref="RefusedException"><c>NotFound</c>: it is neither a well-formed id nor a signer's name.</exception>
    public ValueTask<string> FindAsync(string idOrName, CancellationToken cancellationToken)
    {
        if (EntityId.Is(IdPrefixes.Signer, idOrName))
        {
            return ValueTask.FromResult(idOrName);
        }

        return _byName.TryGetValue(idOrName, out var known) && time.GetUtcNow() - known.At < MaxAge
            ? ValueTask.FromResult(known.Id)
            : new ValueTask<string>(LookUpAsync(idOrName, cancellationToken));
    }

    /// <summary>
    /// The id of the signer in a request's path. It replaces the name in the route values, so that an idempotency key
    /// works with either.
    /// </summary>
    /// <exception cref="RefusedException"><c>NotFound</c>.</exception>
    public ValueTask<string> FindAsync(HttpContext http)
    {
        var idOrName = (string)http.Request.RouteValues[SignerCall.Parameter]!;
        return EntityId.Is(IdPrefixes.Signer, idOrName) ? ValueTask.FromResult(idOrName) : ReplaceAsync(http, idOrName);
    }

    private async ValueTask<string> ReplaceAsync(HttpContext http, string name)
    {
        var id = await FindAsync(name, http.RequestAborted);
        http.Request.RouteValues[SignerCall.Parameter] = id;
        return id;
    }

    private async Task<string> LookUpAsync(string name, CancellationToken cancellationToken)
    {
        var id = SignerName.IsName(name) ? await directory.FindIdAsync(name, cancellationToken) : null;
        if (id is null)
        {
            throw SignerAuthority.NotFound();
        }

        if (_byName.Count >= MostRemembered)
        {
            _byName.Clear();
        }

        _byName[name] = (id, time.GetUtcNow());
        return id;
    }
}
