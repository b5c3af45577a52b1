using CodeSigning.Identities;

namespace CodeSigning.Ledger;

/// <summary>Who did it, under the name borne at that time.</summary>
/// <param name="Kind">A person, a machine identity, or the system itself.</param>
/// <param name="Id">The principal's id.</param>
/// <param name="Name">Its name then.</param>
[GenerateSerializer, Immutable, Alias("codesigning.Actor")]
public sealed record Actor([property: Id(0)] PrincipalKind Kind, [property: Id(1)] string Id, [property: Id(2)] string Name);
