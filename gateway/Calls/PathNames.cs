using System.Collections.Frozen;
using CodeSigning.Gateway.Auth;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Authorization;

namespace CodeSigning.Gateway.Calls;

/// <summary>
/// Lets paths name groups, machine identities, people, policies and CAs as bodies do: by their id, or by a name, an email
/// address or a common name. The id replaces the name in the arguments and in the route values, so that an idempotency key
/// works with either. What a caller may not look up, it may not name: the refusals are those of reading it.
/// </summary>
internal sealed class PathNames(IStateStore states, CertificateCatalog catalog)
{
    private delegate Task<string> Finder(PathNames names, HttpContext http, string idOrName);

    private static readonly FrozenDictionary<string, Finder> Finders = new Dictionary<string, Finder>
    {
        ["groupId"] = (names, http, text) => names.FindPrincipalAsync(http, PrincipalKind.Group, text),
        ["identityId"] = (names, http, text) => names.FindPrincipalAsync(http, PrincipalKind.Identity, text),
        ["userId"] = (names, http, text) => names.FindPrincipalAsync(http, PrincipalKind.User, text),
        ["policyId"] = (names, http, text) => names.FindPolicyAsync(http, text),
        ["caId"] = (names, http, text) => names.FindAuthorityAsync(http, text),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Resolves the names in the paths of a group of endpoints.</summary>
    public static EndpointFilterDelegate Filter(EndpointFilterFactoryContext context, EndpointFilterDelegate next)
    {
        var named = context.MethodInfo.GetParameters()
            .Where(parameter => parameter.ParameterType == typeof(string) && Finders.ContainsKey(parameter.Name!))
            .Select(parameter => (parameter.Position, Name: parameter.Name!))
            .ToArray();
        return named.Length == 0 ? next : async invocation =>
        {
            var http = invocation.HttpContext;
            var names = http.RequestServices.GetRequiredService<PathNames>();
            foreach (var (position, name) in named.Where(parameter => http.Request.RouteValues.ContainsKey(parameter.Name)))
            {
                var id = await Finders[name](names, http, (string)invocation.Arguments[position]!);
                invocation.Arguments[position] = id;
                http.Request.RouteValues[name] = id;
            }

            return await next(invocation);
        };
    }

    private Task<string> FindPrincipalAsync(HttpContext http, PrincipalKind kind, string idOrName) =>
        PrincipalLookup.FindIdAsync(states, http.GetCaller(), kind, idOrName, http.RequestAborted);

    private Task<string> FindPolicyAsync(HttpContext http, string idOrName) =>
        PolicyNames.FindIdAsync(states, http.GetCaller(), idOrName, http.RequestAborted);

    // CAs are listed for product administrators alone; a CA's certificate and CRL are for everybody.
    private Task<string> FindAuthorityAsync(HttpContext http, string idOrName) => catalog.FindAuthorityIdAsync(
        http.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is null ? http.GetCaller() : null, idOrName, http.RequestAborted);
}

/// <summary>Declares endpoints whose paths take names.</summary>
internal static class PathNameEndpoints
{
    /// <summary>Lets the ids in the paths of these endpoints be names.</summary>
    public static RouteGroupBuilder TakesNames(this RouteGroupBuilder endpoints) => endpoints.AddEndpointFilterFactory(PathNames.Filter);
}
