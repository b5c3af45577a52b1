using CodeSigning.Contract;

namespace CodeSigning.Identities;

/// <summary>What of a machine identity shall change; what is absent stays.</summary>
/// <param name="Name">The new name.</param>
/// <param name="Status">Disabling ends every session at once and for good.</param>
[GenerateSerializer, Immutable, Alias("codesigning.UpdateIdentity")]
public sealed record UpdateIdentity(
    [property: Id(0)] string? Name = null, [property: Id(1)] PrincipalStatus? Status = null)
{
    /// <summary>The new description; null takes it away.</summary>
    [Id(2)]
    public OptionalText Description { get; init; }
}
