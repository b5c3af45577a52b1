using System.Collections.Immutable;

namespace CodeSigning.Grants;

/// <summary>
/// What a grant covers. All that are named must match; within one, any of its values. Digests and addresses the server
/// sees for itself; hosts and tools are what the client claims of itself, and so no control against a dishonest one.
/// </summary>
/// <param name="Digests">What the tool will submit for signing: <c>sha256:</c>, <c>sha384:</c> or <c>sha512:</c> and lower-case hex.</param>
/// <param name="IpAddresses">Addresses or CIDR blocks.</param>
/// <param name="Hostnames">Host names; letter case does not count.</param>
/// <param name="Tools">Names of tools; letter case does not count.</param>
[GenerateSerializer, Immutable, Alias("codesigning.GrantScope")]
public sealed record GrantScope(
    [property: Id(0)] ImmutableArray<string>? Digests = null,
    [property: Id(1)] ImmutableArray<string>? IpAddresses = null,
    [property: Id(2)] ImmutableArray<string>? Hostnames = null,
    [property: Id(3)] ImmutableArray<string>? Tools = null);
