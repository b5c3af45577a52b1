using System.Collections.Immutable;
using CodeSigning.Identities;

namespace CodeSigning.Silo.Notifications;

/// <summary>A webhook.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Url">Where events are posted to.</param>
/// <param name="Events">Which events.</param>
/// <param name="Description">What it is for.</param>
/// <param name="CreatedAt">When it was made (UTC).</param>
/// <param name="CreatedBy">Who made it.</param>
/// <param name="Secret">The secret that signs what is sent; shown once, when it was made.</param>
public sealed record WebhookView(
    string Id,
    string Url,
    ImmutableArray<string> Events,
    string? Description,
    DateTimeOffset CreatedAt,
    PrincipalRef CreatedBy,
    string? Secret = null)
{
    /// <summary>Without the secret, so that no log can show it.</summary>
    public override string ToString() => $"{nameof(WebhookView)} {{ Id = {Id} }}";
}
