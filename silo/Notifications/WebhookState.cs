using System.Collections.Immutable;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Silo.Notifications;

/// <summary>A webhook as it is stored.</summary>
internal sealed record WebhookState : IIndexedState
{
    public required string Id { get; init; }

    public required string Url { get; init; }

    public required ImmutableArray<string> Events { get; init; }

    /// <summary>The secret that signs what is sent, encrypted.</summary>
    public required byte[] Secret { get; init; }

    public string? Description { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required PrincipalRef CreatedBy { get; init; }

    public StateIndex ToIndex() => new(Status: "active");

    /// <summary>What entries record of the webhook: never the secret.</summary>
    public object ToRecord() => new { Url, Events, Description };

    public WebhookView ToView(string? secret = null) => new(Id, Url, Events, Description, CreatedAt, CreatedBy, secret);
}
