using CodeSigning.Contract;

namespace CodeSigning.Identities;

/// <summary>What of a machine identity shall change; what is absent stays.</summary>
/// <param name="Name">The new name.</param>
/// <param name="Status">Disabling ends every session at once and for good.</param>
public sealed record UpdateIdentity(
    string? Name = null, PrincipalStatus? Status = null)
{
    /// <summary>The new description; null takes it away.</summary>

    public OptionalText Description { get; init; }
}
