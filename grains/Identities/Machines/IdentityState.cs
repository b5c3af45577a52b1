using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities.Machines;

/// <summary>A machine identity as it is stored. Its client secrets have rows of their own.</summary>
public sealed record IdentityState : IIndexedState
{
    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its description.</summary>
    public string? Description { get; init; }

    /// <summary>Whether it may act.</summary>
    public PrincipalStatus Status { get; init; } = PrincipalStatus.Active;

    /// <summary>Sessions of another generation have ended, and stay so when a disabled identity is enabled again.</summary>
    public long SessionGeneration { get; init; }

    /// <summary>Which tokens of a CI log it in.</summary>
    public OidcBinding? Oidc { get; init; }

    /// <summary>The person who last set the binding, and so could act as this identity.</summary>
    public string? OidcSetBy { get; init; }

    /// <summary>Sessions that were begun under another generation of the binding have ended.</summary>
    public long BindingGeneration { get; init; }

    /// <summary>When it was made (UTC).</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <inheritdoc/>
    public StateIndex ToIndex() => new(Name: Name, Status: Status == PrincipalStatus.Active ? "active" : "disabled");

    /// <summary>The state that a change leads to; the change was checked.</summary>
    internal IdentityState With(UpdateIdentity change)
    {
        var next = this with
        {
            Name = change.Name ?? Name,
            Description = change.Description.Or(Description),
            Status = change.Status ?? Status,
        };
        var isDisabling = Status == PrincipalStatus.Active && next.Status == PrincipalStatus.Disabled;
        return isDisabling ? next with { SessionGeneration = SessionGeneration + 1 } : next;
    }

    /// <summary>The state under another binding, or none.</summary>
    internal IdentityState Bound(OidcBinding? binding, string? setBy) => this with
    {
        Oidc = binding,
        OidcSetBy = setBy,
        BindingGeneration = BindingGeneration + 1,
    };

    /// <summary>All that may be seen of the identity.</summary>
    internal IdentityView ToView(string id, DateTimeOffset? lastLoginAt = null) =>
        new(id, Name, id, Description, Status, Oidc, CreatedAt, lastLoginAt);

    /// <summary>What people may see of the identity.</summary>
    internal IdentityView ToName(string id) => new(id, Name);
}
