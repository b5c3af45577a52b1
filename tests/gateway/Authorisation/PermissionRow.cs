using System.Collections.Immutable;

namespace CodeSigning.Gateway.Tests.Authorisation;

/// <summary>What an endpoint answers to each role.</summary>
/// <param name="Call">The method and the path, perhaps with a query; then the body's field that matters, where one does.</param>
/// <param name="Answers">A status, followed by a code where it is not the one that the status usually comes with.</param>
internal sealed record PermissionRow(string Call, ImmutableDictionary<Role, string> Answers)
{
    public HttpMethod Method => new(Call.Split(' ')[0]);

    /// <summary>The path with its parameters in braces, and its query.</summary>
    public string Path => Call.Split(' ')[1];

    /// <summary>The method and the path without a query: what an endpoint of the server must match.</summary>
    public string Endpoint => $"{Method} {Path.Split('?')[0]}";
}
